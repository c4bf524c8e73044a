import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Map;

/** Every type at its edges, in as a parameter and out as a value. */
final class Values {

    /** A type's name, and values of it that must come back as they went in. */
    private record Case(String type, Class<?> read, Object... values) {}

    private static final Case[] CASES = {
        new Case("bit", Boolean.class, true, false),
        new Case("tinyint", Integer.class, 0, 255),
        new Case("smallint", Integer.class, -32768, 32767),
        new Case("int", Integer.class, Integer.MIN_VALUE, Integer.MAX_VALUE),
        new Case("bigint", Long.class, Long.MIN_VALUE, Long.MAX_VALUE),
        new Case("real", Float.class, Float.MAX_VALUE, -1.17549435e-38f, 0.1f),
        new Case("float", Double.class, Double.MAX_VALUE, -2.2250738585072014e-308, 0.1),
        new Case("decimal(38, 10)", BigDecimal.class,
                new BigDecimal("9999999999999999999999999999.9999999999"),
                new BigDecimal("-0.0000000001")),
        new Case("money", BigDecimal.class, new BigDecimal("-922337203685477.5808"),
                new BigDecimal("922337203685477.5807")),
        new Case("smallmoney", BigDecimal.class, new BigDecimal("-214748.3648")),
        new Case("char(5)", String.class, "ab   "),
        new Case("varchar(8000)", String.class, "", "x".repeat(8000)),
        new Case("varchar(max)", String.class, "", "x".repeat(20000)),
        new Case("nchar(3)", String.class, "é  "),
        new Case("nvarchar(4000)", String.class, "", "é😀 trailing  ", "é".repeat(4000)),
        new Case("nvarchar(max)", String.class, "", "😀".repeat(10000)),
        new Case("binary(4)", byte[].class, (Object) new byte[] {0, -1, 0, 1}),
        new Case("varbinary(8000)", byte[].class, new byte[0], new byte[8000]),
        new Case("varbinary(max)", byte[].class, new byte[0], new byte[20000]),
        new Case("uniqueidentifier", String.class, "00112233-4455-6677-8899-AABBCCDDEEFF"),
        new Case("date", LocalDate.class, LocalDate.of(1, 1, 1), LocalDate.of(9999, 12, 31)),
        new Case("time(7)", LocalTime.class, LocalTime.MIN, LocalTime.parse("23:59:59.9999999")),
        new Case("time(0)", LocalTime.class, LocalTime.parse("23:59:59")),
        new Case("datetime2(7)", LocalDateTime.class,
                LocalDateTime.parse("0001-01-01T00:00:00.0000001"),
                LocalDateTime.parse("9999-12-31T23:59:59.9999999")),
        new Case("datetime2(0)", LocalDateTime.class, LocalDateTime.parse("2024-02-29T23:59:59")),
        new Case("datetime", LocalDateTime.class, LocalDateTime.parse("1753-01-01T00:00:00"),
                LocalDateTime.parse("2024-02-29T12:34:56.997")),
        new Case("smalldatetime", LocalDateTime.class, LocalDateTime.parse("2079-06-06T23:59:00")),
        // The driver computes with Java's old calendar, which is Julian before 1582-10-15.
        new Case("datetimeoffset(7)", OffsetDateTime.class,
                OffsetDateTime.parse("1582-10-16T00:00:00.1234567+14:00"),
                OffsetDateTime.parse("9999-12-30T23:59:59.9999999-14:00")),
        new Case("xml", String.class, "<a b=\"é\">text</a>"),
    };

    static void register(Map<String, Client.Check> checks) {
        checks.put("types", Values::types);
        checks.put("sql_variant", Values::variant);
        checks.put("large_values", Values::largeValues);
    }

    private static void types(Client client) throws SQLException {
        // Without this the driver sends a time as a datetime, which rounds it to 1/300 second.
        String url = client.encrypted + ";sendTimeAsDatetime=false";
        try (Connection connection = DriverManager.getConnection(url)) {
            for (int n = 0; n < CASES.length; n++) {
                Case one = CASES[n];
                String table = "dbo.type_" + n;
                Client.execute(connection, "CREATE TABLE " + table
                        + " (n int NOT NULL, v " + one.type + " NULL)");
                try {
                    insert(connection, table, one);
                    compare(connection, table, one);
                } catch (SQLException | AssertionError error) {
                    throw new AssertionError(one.type + ": " + error, error);
                }
            }
        }
    }

    private static void insert(Connection connection, String table, Case one) throws SQLException {
        String sql = "INSERT INTO " + table + " VALUES (?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            for (int n = 0; n <= one.values.length; n++) {
                insert.setInt(1, n);
                if (n == one.values.length) {
                    insert.setNull(2, one.read == byte[].class ? Types.VARBINARY : Types.NVARCHAR);
                } else if (one.values[n] instanceof String text) {
                    insert.setNString(2, text);
                } else {
                    insert.setObject(2, one.values[n]);
                }
                Client.expect(1, insert.executeUpdate());
            }
        }
    }

    private static void compare(Connection connection, String table, Case one) throws SQLException {
        try (ResultSet rows = connection.createStatement()
                .executeQuery("SELECT v FROM " + table + " ORDER BY n")) {
            for (Object value : one.values) {
                Client.expect(true, rows.next());
                Client.expect(value, one.read == byte[].class
                        ? rows.getBytes(1) : rows.getObject(1, one.read));
            }
            Client.expect(true, rows.next());
            Client.expect(null, rows.getObject(1));
            Client.expect(false, rows.next());
        }
    }

    private static void variant(Client client) throws SQLException {
        try (Connection connection = client.connect();
                ResultSet rows = connection.createStatement().executeQuery(
                        "SELECT CAST(CAST(7 AS int) AS sql_variant),"
                                + " CAST(N'é' AS sql_variant),"
                                + " CAST(CAST('2024-02-29' AS date) AS sql_variant)")) {
            rows.next();
            Client.expect(7, rows.getObject(1));
            Client.expect("é", rows.getObject(2));
            Client.expect(Date.valueOf("2024-02-29"), rows.getObject(3));
        }
    }

    private static void largeValues(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            Client.execute(connection,
                    "CREATE TABLE dbo.large (t nvarchar(max) NULL, b varbinary(max) NULL)");
            String text = "é234567890123456".repeat(1 << 21); // 64 MiB in UTF-16
            byte[] bytes = new byte[1 << 26];
            for (int n = 0; n < bytes.length; n += 997) {
                bytes[n] = (byte) n;
            }
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO dbo.large VALUES (?, NULL), (NULL, ?)")) {
                insert.setNCharacterStream(1, new StringReader(text), text.length());
                insert.setBytes(2, bytes);
                Client.expect(2, insert.executeUpdate());
            }
            try (ResultSet rows = connection.createStatement()
                    .executeQuery("SELECT t, b FROM dbo.large ORDER BY DATALENGTH(b)")) {
                rows.next();
                Client.expect(text, rows.getNString(1));
                rows.next();
                Client.expect(bytes, rows.getBytes(2));
            }
        }
    }
}
