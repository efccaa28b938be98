package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.livekit.server.RoomServiceClient;
import io.livekit.server.SipDispatchRule;
import io.livekit.server.SipDispatchRuleDirect;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import okhttp3.OkHttp;
import org.junit.jupiter.api.Test;
import retrofit2.Call;
import retrofit2.Response;

/**
 * Every method of every client of the SDK, every overload of it, with the grants that the SDK
 * attaches by itself, and the whole answer checked. The clients and methods are read from the SDK's
 * jar, so one that is new to the SDK is called too.
 */
class MethodsTest {
  private int number = 100;

  @Test
  void everyMethod() throws Exception {
    // Two methods ring a phone for 11 s; that wait is DeadlineTest's.
    Wire wire = new Wire();
    List<Object> clients = Sdk.clients("mock:{\"delayMs\":0}", wire.client());
    Map<String, MethodDescriptor> calls = Sdk.calls();
    assertFalse(clients.isEmpty(), "the SDK has clients");

    TreeSet<String> called = new TreeSet<>();
    for (Object client : clients) {
      for (Method method : Sdk.methods(client)) {
        Object[] arguments = Arrays.stream(method.getGenericParameterTypes()).map(this::sample).toArray();
        Response<?> response = ((Call<?>) method.invoke(client, arguments)).execute();
        assertTrue(response.isSuccessful(), () -> method + ": " + new String(wire.last().answer()));
        assertEquals(List.of(), wire.last().warnings(), method.toString());

        String path = wire.last().path();
        assertTrue(calls.containsKey(path), () -> "the protocol has no " + path);
        checkAnswer(method, wire.last(), calls.get(path), response.body());
        called.add(path);
      }
    }
    assertEquals(Sdk.paths(), called, "expected: what the SDK can call, actual: what it called");
    loggingNeedsTheSecondOkHttp();
    Results.works(
        "methods",
        "the SDK brings OkHttp twice, 4.12.0 by Retrofit and 5.3.2 by its logging. Maven puts the older one first, and `logging = true` then "
            + "ends every call with a NoSuchMethodError; without `com.squareup.okhttp3:okhttp` (by an `exclusion`) only 5.3.2 is left, and "
            + "logging works. All but `deadline` is tested with either");
  }

  private static void loggingNeedsTheSecondOkHttp() throws Exception {
    // Read at run time: a constant would be that of the compiler's class path.
    String version = (String) OkHttp.class.getField("VERSION").get(null);
    assertEquals(System.getProperty("okhttp.version"), version);
    Call<?> call =
        RoomServiceClient.create(Environment.URLS.get(0), Environment.API_KEY, Environment.API_SECRET, true)
            .createRoom("lobby");
    if (version.equals("5.3.2")) {
      assertEquals(200, call.execute().code());
    } else {
      assertThrows(NoSuchMethodError.class, call::execute);
    }
  }

  private static void checkAnswer(Method method, Wire.Exchange exchange, MethodDescriptor call, Object body)
      throws Exception {
    Message request = DynamicMessage.parseFrom(call.getInputType(), exchange.request());
    Message answer = DynamicMessage.parseFrom(call.getOutputType(), exchange.answer());
    Message expected = Populated.answer(request, call.getOutputType());
    if (call.getService().getName().equals("AgentDispatchService")) {
      assertEquals(List.of(), Populated.missing(expected, answer), method.toString());
    } else { // What the mock's newer schema has and the SDK's does not is no concern here.
      assertEquals(expected, known(answer), method.toString());
    }

    if (body == null) { // Call<Void>
      return;
    }
    if (body instanceof List<?> list) {
      assertEquals(bytes(onlyList(answer)), bytes(list), method.toString());
    } else if (((Message) body).getDescriptorForType().equals(call.getOutputType())) {
      assertEquals(answer.toByteString(), ((Message) body).toByteString(), method.toString());
    } else { // a message inside the answer, which the mock leaves unset
      assertEquals("mutePublishedTrack", method.getName());
      assertEquals(ByteString.EMPTY, ((Message) body).toByteString());
    }
  }

  private static List<?> onlyList(Message answer) {
    List<FieldDescriptor> lists =
        answer.getDescriptorForType().getFields().stream().filter(FieldDescriptor::isRepeated).toList();
    assertEquals(1, lists.size(), () -> answer.getDescriptorForType().getFullName() + " has one list");
    return (List<?>) answer.getField(lists.get(0));
  }

  private static List<ByteString> bytes(List<?> messages) {
    return messages.stream().map(message -> ((Message) message).toByteString()).toList();
  }

  private static Message known(Message message) {
    Message.Builder builder = message.toBuilder().setUnknownFields(UnknownFieldSet.getDefaultInstance());
    message.getAllFields().forEach((field, value) -> {
      if (field.isRepeated() && value instanceof List<?> list && list.get(0) instanceof Message) {
        builder.setField(field, list.stream().map(element -> known((Message) element)).toList());
      }
    });
    return builder.build();
  }

  /** Something to call a method with, for every type that the SDK's methods take. */
  private Object sample(Type type) {
    if (!(type instanceof Class<?> raw)) { // the generic ones: lists and maps of strings, lists of messages
      String name = type.getTypeName();
      if (name.startsWith("java.util.Map<")) {
        return Map.of("key", "value");
      }
      assertTrue(name.startsWith("java.util.List<"), name);
      return name.contains("java.lang.String") ? List.of("one", "two") : List.of();
    }
    if (raw == String.class) {
      return "text " + number++;
    } else if (raw == int.class || raw == Integer.class) {
      return number++;
    } else if (raw == boolean.class || raw == Boolean.class) {
      return true;
    } else if (raw == byte[].class) {
      return new byte[] {1, 2, 3};
    } else if (raw == Duration.class) {
      return Duration.ofSeconds(2);
    } else if (raw == SipDispatchRule.class) {
      return new SipDispatchRuleDirect("lobby", "1234");
    } else if (raw.isEnum()) {
      return raw.getEnumConstants()[0];
    } else if (Message.class.isAssignableFrom(raw)) {
      return defaultInstance(raw);
    } else {
      return options(raw);
    }
  }

  private static Object defaultInstance(Class<?> message) {
    try {
      return message.getMethod("getDefaultInstance").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  /** The SDK's options are data classes; the longest constructor takes all of them. */
  private Object options(Class<?> type) {
    Constructor<?> longest =
        Arrays.stream(type.getConstructors())
            .filter(constructor -> !constructor.isSynthetic())
            .max(Comparator.comparingInt(Constructor::getParameterCount))
            .orElseThrow(() -> new AssertionError("no way to make a " + type));
    try {
      return longest.newInstance(
          Arrays.stream(longest.getGenericParameterTypes()).map(this::sample).toArray());
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }
}
