import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the driver asks the catalog on a caller's behalf. */
final class Metadata {

    static void register(Map<String, Client.Check> checks) {
        checks.put("result_metadata", Metadata::resultMetadata);
        checks.put("parameter_metadata", Metadata::parameterMetadata);
        checks.put("tables_and_columns", Metadata::tablesAndColumns);
        checks.put("keys_and_indexes", Metadata::keysAndIndexes);
        checks.put("product_and_types", Metadata::productAndTypes);
    }

    private static final String TABLE = " (id bigint IDENTITY NOT NULL PRIMARY KEY,"
            + " name nvarchar(50) NOT NULL, amount decimal(18, 2) NULL, at datetime2(3) NULL,"
            + " twice AS (amount * 2))";

    private static void resultMetadata(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            Client.execute(connection, "CREATE TABLE dbo.described" + TABLE);
            try (ResultSet rows = connection.createStatement().executeQuery(
                    "SELECT id, name, amount, at FROM dbo.described")) {
                ResultSetMetaData told = rows.getMetaData();
                Client.expect(4, told.getColumnCount());
                Client.expect("bigint", told.getColumnTypeName(1).replace(" identity", ""));
                Client.expect(true, told.isAutoIncrement(1));
                Client.expect(Types.NVARCHAR, told.getColumnType(2));
                Client.expect(50, told.getPrecision(2));
                Client.expect(ResultSetMetaData.columnNoNulls, told.isNullable(2));
                Client.expect(18, told.getPrecision(3));
                Client.expect(2, told.getScale(3));
                Client.expect(3, told.getScale(4));
                Client.expect(ResultSetMetaData.columnNullable, told.isNullable(4));
            }
        }
    }

    private static void parameterMetadata(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            Client.execute(connection, "CREATE TABLE dbo.parametrised" + TABLE);
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT id FROM dbo.parametrised WHERE name = ? AND amount > ?")) {
                ParameterMetaData told = statement.getParameterMetaData();
                Client.expect(2, told.getParameterCount());
                Client.expect(Types.NVARCHAR, told.getParameterType(1));
                Client.expect(Types.DECIMAL, told.getParameterType(2));
            }
        }
    }

    private static void tablesAndColumns(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            Client.execute(connection, "CREATE TABLE dbo.[li_sted 'é]" + TABLE);
            Client.execute(connection, "CREATE VIEW dbo.seen AS SELECT id FROM dbo.[li_sted 'é]");
            DatabaseMetaData told = connection.getMetaData();
            Client.expect(List.of("li_sted 'é"), strings(
                    told.getTables(null, "dbo", "li\\_st%", new String[] {"TABLE"}), "TABLE_NAME"));
            Client.expect(List.of("seen"), strings(
                    told.getTables(null, "dbo", "seen", new String[] {"VIEW"}), "TABLE_NAME"));
            Client.expect(List.of("id", "name", "amount", "at", "twice"), strings(
                    told.getColumns(null, "dbo", "li\\_sted 'é", "%"), "COLUMN_NAME"));
            try (ResultSet rows = told.getColumns(null, "dbo", "li\\_sted 'é", "amount")) {
                rows.next();
                Client.expect(Types.DECIMAL, rows.getInt("DATA_TYPE"));
                Client.expect(18, rows.getInt("COLUMN_SIZE"));
                Client.expect(2, rows.getInt("DECIMAL_DIGITS"));
                Client.expect("YES", rows.getString("IS_NULLABLE"));
                Client.expect(3, rows.getInt("ORDINAL_POSITION"));
            }
            Client.expect(true, strings(told.getSchemas(), "TABLE_SCHEM").contains("dbo"));
            Client.expect(true,
                    strings(told.getCatalogs(), "TABLE_CAT").contains(connection.getCatalog()));
        }
    }

    private static void keysAndIndexes(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            Client.execute(connection, "CREATE TABLE dbo.parent (a int NOT NULL, b int NOT NULL,"
                    + " CONSTRAINT pk_parent PRIMARY KEY (b, a))");
            Client.execute(connection, "CREATE TABLE dbo.child (id int NOT NULL PRIMARY KEY,"
                    + " b int NULL, a int NULL, t nvarchar(20) NULL,"
                    + " CONSTRAINT fk_child FOREIGN KEY (b, a) REFERENCES dbo.parent (b, a)"
                    + " ON DELETE CASCADE)");
            Client.execute(connection, "CREATE UNIQUE INDEX ix_t ON dbo.child (t DESC, id)");
            DatabaseMetaData told = connection.getMetaData();
            Client.expect(List.of("b", "a"), // by KEY_SEQ, as sp_pkeys sorts
                    strings(told.getPrimaryKeys(null, "dbo", "parent"), "COLUMN_NAME"));
            Client.expect(List.of("b", "a"),
                    strings(told.getImportedKeys(null, "dbo", "child"), "FKCOLUMN_NAME"));
            Client.expect(List.of("fk_child", "fk_child"),
                    strings(told.getExportedKeys(null, "dbo", "parent"), "FK_NAME"));
            List<String> indexes = strings(
                    told.getIndexInfo(null, "dbo", "child", true, true), "INDEX_NAME");
            Client.expect(2, indexes.stream().filter("ix_t"::equals).toList().size());
        }
    }

    private static void productAndTypes(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            DatabaseMetaData told = connection.getMetaData();
            Client.expect("Microsoft SQL Server", told.getDatabaseProductName());
            List<String> types = strings(told.getTypeInfo(), "TYPE_NAME");
            for (String type : List.of("bigint", "nvarchar", "datetime2", "uniqueidentifier")) {
                Client.expect(true, types.contains(type));
            }
        }
    }

    private static List<String> strings(ResultSet rows, String column) throws SQLException {
        try (rows) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(column));
            }
            return found;
        }
    }
}
