import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Runs named checks against a server: {@code java Client ENCRYPTED_URL PLAIN_URL [NAME…]}.
 *
 * <p>Prints a line for each: its name, a tab, and "ok" or what was not as expected.
 */
public final class Client {

    interface Check {
        void run(Client client) throws Exception;
    }

    /** A statement that must fail. */
    interface Failing {
        void run() throws SQLException;
    }

    final String encrypted;
    final String plain;

    Client(String encrypted, String plain) {
        this.encrypted = encrypted;
        this.plain = plain;
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(encrypted);
    }

    static void expect(Object expected, Object actual) {
        boolean same = expected instanceof byte[] bytes && actual instanceof byte[] others
                ? Arrays.equals(bytes, others)
                : Objects.equals(expected, actual);
        if (!same) {
            throw new AssertionError("expected " + expected + ", not " + actual);
        }
    }

    static void refused(int number, Failing failing) {
        try {
            failing.run();
        } catch (SQLException error) {
            expect(number, error.getErrorCode());
            return;
        }
        throw new AssertionError("error " + number + " did not come");
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static long count(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT COUNT_BIG(*) FROM " + table)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    public static void main(String[] arguments) {
        Map<String, Check> checks = new LinkedHashMap<>();
        Statements.register(checks);
        Values.register(checks);
        Loads.register(checks);
        Metadata.register(checks);
        Client client = new Client(arguments[0], arguments[1]);
        for (String name : Arrays.asList(arguments).subList(2, arguments.length)) {
            System.out.println(name + "\t" + outcome(checks.get(name), client));
        }
    }

    private static String outcome(Check check, Client client) {
        if (check == null) {
            return "there is no such check";
        }
        try {
            check.run(client);
            return "ok";
        } catch (Exception | AssertionError error) {
            StringBuilder said = new StringBuilder(String.valueOf(error));
            for (StackTraceElement place : error.getStackTrace()) {
                if (!place.getClassName().contains(".")) {
                    said.append(" | ").append(place);
                }
            }
            return said.toString().replace('\n', ' ').replace('\t', ' ');
        }
    }
}
