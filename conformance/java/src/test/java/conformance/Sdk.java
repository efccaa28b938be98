package conformance;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.livekit.server.RoomServiceClient;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.jar.JarFile;
import okhttp3.OkHttpClient;
import retrofit2.Call;
import retrofit2.http.POST;

/** The SDK as its jar has it: its clients, their methods, and the messages that they exchange. */
final class Sdk {
  private Sdk() {}

  /** Every client of the SDK, on the first region. */
  static List<Object> clients(String key, Supplier<OkHttpClient> http) throws ReflectiveOperationException {
    List<Object> clients = new ArrayList<>();
    for (Class<?> type : classes("io/livekit/server/")) {
      if (type.getSimpleName().endsWith("Client")) {
        Method create =
            type.getMethod("createClient", String.class, String.class, String.class, Supplier.class);
        clients.add(create.invoke(null, Environment.URLS.get(0), key, Environment.API_SECRET, http));
      }
    }
    return clients;
  }

  /** The API methods of a client, each overload by itself. */
  static List<Method> methods(Object client) {
    return Arrays.stream(client.getClass().getMethods())
        .filter(m -> m.getReturnType() == Call.class && !Modifier.isStatic(m.getModifiers()))
        .sorted(Comparator.comparing(Method::toString))
        .toList();
  }

  /** The path of every call that the SDK can make. */
  static TreeSet<String> paths() throws ReflectiveOperationException {
    TreeSet<String> paths = new TreeSet<>();
    for (Class<?> type : classes("io/livekit/server/")) {
      for (Method method : type.isInterface() ? type.getMethods() : new Method[0]) {
        if (method.isAnnotationPresent(POST.class)) {
          paths.add(method.getAnnotation(POST.class).value());
        }
      }
    }
    return paths;
  }

  /** The services that the SDK's protocol declares, by path. */
  static Map<String, MethodDescriptor> calls() throws ReflectiveOperationException {
    Map<String, MethodDescriptor> calls = new TreeMap<>();
    for (Class<?> type : classes("livekit/")) {
      if (type.getName().contains("$") || !hasDescriptor(type)) {
        continue;
      }
      FileDescriptor file = (FileDescriptor) type.getMethod("getDescriptor").invoke(null);
      for (ServiceDescriptor service : file.getServices()) {
        for (MethodDescriptor method : service.getMethods()) {
          calls.put("/twirp/" + service.getFullName() + "/" + method.getName(), method);
        }
      }
    }
    return calls;
  }

  private static boolean hasDescriptor(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .anyMatch(m -> m.getName().equals("getDescriptor") && m.getReturnType() == FileDescriptor.class);
  }

  private static List<Class<?>> classes(String folder) throws ReflectiveOperationException {
    try {
      File jar =
          new File(RoomServiceClient.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      List<Class<?>> classes = new ArrayList<>();
      try (JarFile file = new JarFile(jar)) {
        for (String name : file.stream().map(Object::toString).sorted().toList()) {
          boolean direct = name.startsWith(folder) && name.indexOf('/', folder.length()) < 0;
          if (direct && name.endsWith(".class") && !name.contains("$")) {
            String className = name.substring(0, name.length() - ".class".length()).replace('/', '.');
            classes.add(Class.forName(className));
          }
        }
      }
      return classes;
    } catch (IOException | URISyntaxException e) {
      throw new ReflectiveOperationException("the SDK's jar cannot be read", e);
    }
  }
}
