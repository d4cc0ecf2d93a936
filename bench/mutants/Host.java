import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Many NameServers in one process, so that none pays for the start of a virtual machine: each has the classes of
 * `org.apache.rocketmq.namesrv` of its own, and shares those of libraries; where another of RocketMQ's packages is changed it
 * shares nothing, for a library that has seen a class by its name takes it for the other one. Arguments: the jar of these
 * classes, and the file that is to have the port of the commands, which are one line each, as is the answer, `ok` or what went
 * wrong:
 *
 * compile FOLDER SOURCE...   start NUMBER PROPERTIES CLASSES   stop NUMBER
 */
public final class Host {
    private static final String OWN = "org.apache.rocketmq.namesrv.";

    private final URL jar;
    private final JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    private final StandardJavaFileManager files = javac.getStandardFileManager(null, null, null);
    private final Map<String, Object> running = new HashMap<>();

    private Host(URL jar) {
        this.jar = jar;
    }

    public static void main(String[] args) throws Exception {
        Host host = new Host(new File(args[0]).toURI().toURL());
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path written = Path.of(args[1] + ".new");
            Files.writeString(written, Integer.toString(server.getLocalPort()));
            Files.move(written, Path.of(args[1]));
            try (Socket socket = server.accept();
                BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                PrintStream out = new PrintStream(socket.getOutputStream(), true, StandardCharsets.UTF_8)) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    String said;
                    try {
                        said = host.command(line.split("\t"));
                    } catch (Throwable error) {
                        said = String.valueOf(error.getCause() == null ? error : error.getCause());
                    }
                    out.println(said.replace('\n', ' '));
                }
            }
        }
        System.exit(0);
    }

    private String command(String[] words) throws Exception {
        switch (words[0]) {
            case "compile":
                return compile(words[1], Arrays.asList(words).subList(2, words.length));
            case "start":
                return start(words[1], words[2], new File(words[3]));
            case "stop":
                Object controller = running.remove(words[1]);
                // It may hang, for its lock may be held.
                new Thread(() -> stop(controller), "stop").start();
                return "ok";
            default:
                return "no such command";
        }
    }

    private String compile(String folder, List<String> sources) {
        StringWriter errors = new StringWriter();
        List<String> options = List.of("-nowarn", "-proc:none", "-encoding", "UTF-8", "-cp", System.getProperty("java.class.path"),
            "-d", folder);
        boolean compiled = javac.getTask(errors, files, null, options, null, files.getJavaFileObjectsFromStrings(sources)).call();
        return compiled ? "ok" : errors.toString();
    }

    private String start(String number, String properties, File classes) throws Exception {
        ClassLoader loader = onlyNamesrv(classes)
            ? new OwnFirst(new URL[] {classes.toURI().toURL(), jar})
            : new URLClassLoader(withAll(classes), ClassLoader.getPlatformClassLoader());
        Thread.currentThread().setContextClassLoader(loader);
        Object controller = loader.loadClass(OWN + "NamesrvStartup").getMethod("main0", String[].class)
            .invoke(null, (Object) new String[] {"-c", properties});
        running.put(number, controller);
        return controller == null ? "no controller" : "ok";
    }

    private static boolean onlyNamesrv(File classes) {
        return Arrays.equals(new File(classes, "org/apache/rocketmq").list(), new String[] {"namesrv"});
    }

    private static URL[] withAll(File classes) throws Exception {
        List<URL> urls = new ArrayList<>();
        urls.add(classes.toURI().toURL());
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(new File(path).toURI().toURL());
        }
        return urls.toArray(new URL[0]);
    }

    private static void stop(Object controller) {
        try {
            controller.getClass().getMethod("shutdown").invoke(controller);
        } catch (ReflectiveOperationException error) {
            error.printStackTrace();
        }
    }

    private static final class OwnFirst extends URLClassLoader {
        OwnFirst(URL[] urls) {
            super(urls, Host.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(OWN)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> found = findLoadedClass(name);
                return found == null ? findClass(name) : found;
            }
        }
    }
}
