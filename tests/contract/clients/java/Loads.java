import com.microsoft.sqlserver.jdbc.SQLServerBulkCopy;
import com.microsoft.sqlserver.jdbc.SQLServerBulkCopyOptions;
import com.microsoft.sqlserver.jdbc.SQLServerConnection;
import com.microsoft.sqlserver.jdbc.SQLServerDataTable;
import com.microsoft.sqlserver.jdbc.SQLServerPreparedStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Map;

/** Many rows at once: batches, bulk copies, table-valued parameters. */
final class Loads {

    private static final String COLUMNS = " (id int NOT NULL PRIMARY KEY, name nvarchar(50) NULL,"
            + " amount decimal(18, 2) NULL, at datetime2(7) NULL, raw varbinary(max) NULL)";

    private static final String ROWS = "SELECT value AS id, CONCAT(N'é😀 ', value) AS name,"
            + " CAST(value / 4.0 AS decimal(18, 2)) AS amount,"
            + " DATEADD(second, value, CAST('2024-01-01' AS datetime2(7))) AS at,"
            + " CAST(CAST(value AS varchar(20)) AS varbinary(max)) AS raw"
            + " FROM GENERATE_SERIES(1, 5000)";

    static void register(Map<String, Client.Check> checks) {
        checks.put("batch", client -> batch(client.encrypted, "dbo.batched"));
        checks.put("batch_by_bulk_copy", client ->
                batch(client.encrypted + ";useBulkCopyForBatchInsert=true", "dbo.batched_in_bulk"));
        checks.put("bulk_copy", Loads::bulkCopy);
        checks.put("bulk_copy_in_transaction", Loads::bulkCopyInTransaction);
        checks.put("table_parameter", Loads::tableParameter);
    }

    private static void batch(String url, String table) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            Client.execute(connection,
                    "CREATE TABLE " + table + " (id int NOT NULL PRIMARY KEY, name nvarchar(50) NULL)");
            connection.setAutoCommit(false);
            String sql = "INSERT INTO " + table + " (id, name) VALUES (?, ?)";
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                for (int n = 0; n < 1000; n++) {
                    insert.setInt(1, n);
                    insert.setNString(2, n % 5 == 4 ? null : "row é " + n);
                    insert.addBatch();
                }
                Client.expect(1000, insert.executeBatch().length);
            }
            connection.commit();
            Client.expect(1000L, Client.count(connection, table));
            Client.expect(200L, Client.count(connection, table + " WHERE name IS NULL"));
            Client.expect(1L, Client.count(connection,
                    table + " WHERE id = 998 AND name = N'row é 998'"));
        }
    }

    private static void bulkCopy(Client client) throws SQLException {
        try (Connection connection = client.connect();
                Connection reading = client.connect();
                ResultSet rows = reading.createStatement().executeQuery(ROWS);
                SQLServerBulkCopy bulk = new SQLServerBulkCopy(connection)) {
            Client.execute(connection, "CREATE TABLE dbo.bulked" + COLUMNS);
            SQLServerBulkCopyOptions options = new SQLServerBulkCopyOptions();
            options.setBatchSize(2000);
            options.setTableLock(true);
            bulk.setBulkCopyOptions(options);
            bulk.setDestinationTableName("dbo.bulked");
            bulk.writeToServer(rows);
            Client.expect(5000L, Client.count(connection, "dbo.bulked"));
            Client.expect(0L, Client.count(connection,
                    "(" + ROWS + " EXCEPT SELECT id, name, amount, at, raw FROM dbo.bulked) AS d"));
        }
    }

    private static void bulkCopyInTransaction(Client client) throws SQLException {
        try (Connection connection = client.connect();
                SQLServerBulkCopy bulk = new SQLServerBulkCopy(connection)) {
            Client.execute(connection, "CREATE TABLE dbo.undone" + COLUMNS);
            bulk.setDestinationTableName("dbo.undone");
            bulk.addColumnMapping("id", "id");
            bulk.addColumnMapping("amount", "amount");
            connection.setAutoCommit(false);
            try (Connection reading = client.connect();
                    ResultSet selected = reading.createStatement().executeQuery(
                            "SELECT value AS id, CAST(1.25 AS decimal(18, 2)) AS amount"
                                    + " FROM GENERATE_SERIES(1, 100)")) {
                bulk.writeToServer(selected);
            }
            Client.expect(100L, Client.count(connection, "dbo.undone"));
            connection.rollback();
            Client.expect(0L, Client.count(connection, "dbo.undone"));
            connection.rollback();
        }
    }

    private static void tableParameter(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            Client.execute(connection, "CREATE TYPE dbo.pairs AS TABLE (n int NOT NULL, t nvarchar(40))");
            SQLServerDataTable rows = new SQLServerDataTable();
            rows.addColumnMetadata("n", Types.INTEGER);
            rows.addColumnMetadata("t", Types.NVARCHAR);
            for (int n = 0; n < 500; n++) {
                rows.addRow(n, n % 2 == 0 ? "é" + n : null);
            }
            String sql = "SELECT COUNT(*), COUNT(t), SUM(n) FROM ?";
            try (SQLServerPreparedStatement statement = (SQLServerPreparedStatement)
                    connection.unwrap(SQLServerConnection.class).prepareStatement(sql)) {
                statement.setStructured(1, "dbo.pairs", rows);
                try (ResultSet counted = statement.executeQuery()) {
                    counted.next();
                    Client.expect(500, counted.getInt(1));
                    Client.expect(250, counted.getInt(2));
                    Client.expect(124750, counted.getInt(3));
                }
            }
        }
    }
}
