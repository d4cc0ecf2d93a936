// mqadmin's commands one after the other in one JVM: a line of its input is a command, its arguments divided by tabs.
// After what a command has printed stands a line with a lone 0x04.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.rocketmq.tools.command.MQAdminStartup;

public class Mqadmin {
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            MQAdminStartup.main0(line.split("\t"), null);
            System.out.println("\n\u0004");
            System.out.flush();
        }
        System.exit(0);
    }
}
