import com.microsoft.sqlserver.jdbc.SQLServerException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Logins, results, parameters, transactions, errors, cancelling. */
final class Statements {

    static void register(Map<String, Client.Check> checks) {
        checks.put("logins", Statements::logins);
        checks.put("refused_logins", Statements::refusedLogins);
        checks.put("several_results", Statements::severalResults);
        checks.put("parameters", Statements::parameters);
        checks.put("output_parameters", Statements::outputParameters);
        checks.put("generated_keys", Statements::generatedKeys);
        checks.put("transactions", Statements::transactions);
        checks.put("errors", Statements::errors);
        checks.put("cancel", Statements::cancel);
        checks.put("query_timeout", Statements::queryTimeout);
        checks.put("thousand_statements", Statements::thousandStatements);
        checks.put("fifty_connections", Statements::fiftyConnections);
    }

    private static void logins(Client client) throws SQLException {
        for (String url : List.of(client.encrypted, client.plain)) {
            try (Connection connection =
                            DriverManager.getConnection(url + ";applicationName=jdbc checks");
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "SELECT program_name, DB_NAME() FROM sys.dm_exec_sessions"
                                    + " WHERE session_id = @@SPID")) {
                rows.next();
                Client.expect("jdbc checks", rows.getString(1));
                Client.expect(connection.getCatalog(), rows.getString(2));
                Client.expect(true, connection.isValid(5));
            }
        }
    }

    private static void refusedLogins(Client client) {
        Client.refused(18456, () -> DriverManager.getConnection(client.encrypted, "sa", "wrong"));
        Client.refused(4060, () -> DriverManager.getConnection(
                client.encrypted.replaceFirst("databaseName=\\{[^}]*\\}", "databaseName=nowhere")));
    }

    private static void severalResults(Client client) throws SQLException {
        try (Connection connection = client.connect();
                Statement statement = connection.createStatement()) {
            boolean rows = statement.execute(
                    "CREATE TABLE dbo.several (n int NOT NULL); INSERT INTO dbo.several VALUES (1), (2);"
                            + " SELECT n FROM dbo.several ORDER BY n; UPDATE dbo.several SET n = n + 1;"
                            + " PRINT 'said'; SELECT MAX(n) AS most FROM dbo.several");
            List<String> seen = new ArrayList<>();
            while (rows || statement.getUpdateCount() != -1) {
                if (rows) {
                    ResultSet result = statement.getResultSet();
                    StringBuilder values = new StringBuilder();
                    while (result.next()) {
                        values.append(result.getInt(1)).append(' ');
                    }
                    seen.add(values.toString().trim());
                } else {
                    seen.add("count " + statement.getUpdateCount());
                }
                rows = statement.getMoreResults();
            }
            Client.expect(List.of("count 2", "1 2", "count 2", "3"), seen);
            SQLWarning warning = statement.getWarnings();
            Client.expect("said", warning == null ? null : warning.getMessage());
        }
    }

    private static void parameters(Client client) throws SQLException {
        try (Connection connection = client.connect();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT ? + 1, ? + N'!', CASE WHEN ? IS NULL THEN 1 ELSE 0 END")) {
            for (int n = 0; n < 5; n++) { // the third execution uses a prepared handle
                statement.setInt(1, n);
                statement.setNString(2, "é😀" + n);
                statement.setNull(3, Types.INTEGER);
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    Client.expect(n + 1, rows.getInt(1));
                    Client.expect("é😀" + n + "!", rows.getString(2));
                    Client.expect(1, rows.getInt(3));
                }
            }
        }
    }

    private static void outputParameters(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            Client.execute(connection, "CREATE PROCEDURE dbo.doubled @n int, @twice int OUTPUT AS"
                    + " BEGIN SET @twice = 2 * @n; SELECT @n AS n; RETURN @n + 100; END");
            try (CallableStatement call = connection.prepareCall("{? = call dbo.doubled(?, ?)}")) {
                call.registerOutParameter(1, Types.INTEGER);
                call.setInt(2, 21);
                call.registerOutParameter(3, Types.INTEGER);
                try (ResultSet rows = call.executeQuery()) {
                    rows.next();
                    Client.expect(21, rows.getInt("n"));
                }
                Client.expect(121, call.getInt(1));
                Client.expect(42, call.getInt(3));
            }
        }
    }

    private static void generatedKeys(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            Client.execute(connection, "CREATE TABLE dbo.numbered (id int IDENTITY(7, 2), t nvarchar(9))");
            String sql = "INSERT INTO dbo.numbered (t) VALUES (?)";
            try (PreparedStatement insert =
                    connection.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
                for (int expected : new int[] {7, 9}) {
                    insert.setString(1, "x");
                    Client.expect(1, insert.executeUpdate());
                    try (ResultSet keys = insert.getGeneratedKeys()) {
                        keys.next();
                        Client.expect(expected, keys.getInt(1));
                    }
                }
            }
        }
    }

    private static void transactions(Client client) throws SQLException {
        try (Connection connection = client.connect();
                Connection other = client.connect()) {
            Client.execute(connection, "CREATE TABLE dbo.kept (n int NOT NULL)");
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            Client.execute(connection, "INSERT INTO dbo.kept VALUES (1)");
            Client.expect(0L, Client.count(other, "dbo.kept"));
            connection.rollback();
            Client.execute(connection, "INSERT INTO dbo.kept VALUES (2)");
            Savepoint point = connection.setSavepoint("half");
            Client.execute(connection, "INSERT INTO dbo.kept VALUES (3)");
            connection.rollback(point);
            connection.commit();
            Client.expect(1L, Client.count(other, "dbo.kept"));
        }
    }

    private static void errors(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            Client.execute(connection, "CREATE TABLE dbo.strict (id int NOT NULL PRIMARY KEY,"
                    + " t nvarchar(3) NULL, n int NULL CHECK (n > 0))");
            Client.execute(connection, "INSERT INTO dbo.strict VALUES (1, N'a', 1)");
            Map<Integer, String> failures = Map.of(
                    2627, "INSERT INTO dbo.strict VALUES (1, N'b', 1)",
                    515, "INSERT INTO dbo.strict VALUES (NULL, N'b', 1)",
                    547, "INSERT INTO dbo.strict VALUES (2, N'b', 0)",
                    2628, "INSERT INTO dbo.strict VALUES (2, N'long', 1)",
                    8134, "SELECT 1 / 0",
                    208, "SELECT * FROM dbo.nowhere",
                    207, "SELECT nothing FROM dbo.strict",
                    245, "SELECT CAST(N'x' AS int)",
                    50001, "THROW 50001, N'ours', 3");
            failures.forEach((number, sql) ->
                    Client.refused(number, () -> Client.execute(connection, sql)));
            try {
                Client.execute(connection, "\nTHROW 50001, N'ours', 3");
            } catch (SQLServerException error) {
                Client.expect("ours", error.getSQLServerError().getErrorMessage());
                Client.expect(3, error.getSQLServerError().getErrorState());
                Client.expect(16, error.getSQLServerError().getErrorSeverity());
                Client.expect(2L, error.getSQLServerError().getLineNumber());
            }
            Client.expect(1L, Client.count(connection, "dbo.strict"));
        }
    }

    private static void cancel(Client client) throws Exception {
        ExecutorService pool = Executors.newSingleThreadExecutor();
        long begun = System.nanoTime();
        try (Connection connection = client.connect();
                Statement statement = connection.createStatement()) {
            Future<SQLException> waiting = pool.submit(() -> {
                try {
                    statement.execute("WAITFOR DELAY '00:02:00'");
                    return null;
                } catch (SQLException error) {
                    return error;
                }
            });
            SQLException ended = null;
            while (ended == null) { // it can be cancelled only once it has been sent
                statement.cancel();
                try {
                    ended = waiting.get(100, TimeUnit.MILLISECONDS);
                } catch (java.util.concurrent.TimeoutException again) {
                    continue;
                }
                if (ended == null) {
                    throw new AssertionError("it was not cancelled");
                }
            }
            answersSoon(statement, begun);
        } finally {
            pool.shutdownNow();
        }
    }

    private static void queryTimeout(Client client) throws SQLException {
        long begun = System.nanoTime();
        try (Connection connection = client.connect();
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            try {
                statement.execute("WAITFOR DELAY '00:02:00'");
                throw new AssertionError("it did not time out");
            } catch (java.sql.SQLTimeoutException expected) {
                Client.expect("HY008", expected.getSQLState());
            }
            statement.setQueryTimeout(0);
            answersSoon(statement, begun);
        }
    }

    private static void answersSoon(Statement statement, long begun) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SELECT 1")) {
            rows.next();
            Client.expect(1, rows.getInt(1));
        }
        Client.expect(true, System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(60));
    }

    private static void thousandStatements(Client client) throws SQLException {
        try (Connection connection = client.connect()) {
            for (int n = 0; n < 1000; n++) {
                try (PreparedStatement statement =
                        connection.prepareStatement("SELECT ? AS n" + n % 7)) {
                    statement.setInt(1, n);
                    try (ResultSet rows = statement.executeQuery()) {
                        rows.next();
                        Client.expect(n, rows.getInt(1));
                    }
                }
            }
        }
    }

    private static void fiftyConnections(Client client) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(50);
        List<Connection> opened = new ArrayList<>();
        try {
            List<Future<Connection>> connecting = new ArrayList<>();
            for (int n = 0; n < 50; n++) {
                connecting.add(pool.submit(client::connect));
            }
            for (Future<Connection> one : connecting) {
                opened.add(one.get(60, TimeUnit.SECONDS));
            }
            List<Future<Long>> answers = new ArrayList<>();
            for (Connection one : opened) {
                answers.add(pool.submit(() -> Client.count(one, "sys.schemas")));
            }
            for (Future<Long> answer : answers) {
                Client.expect(answers.get(0).get(), answer.get(60, TimeUnit.SECONDS));
            }
        } finally {
            for (Connection one : opened) {
                one.close();
            }
            pool.shutdownNow();
        }
    }
}
