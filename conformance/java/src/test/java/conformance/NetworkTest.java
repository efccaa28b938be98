package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import io.livekit.server.CreateSipParticipantOptions;
import io.livekit.server.RoomServiceClient;
import io.livekit.server.SipServiceClient;
import io.livekit.server.okhttp.OkHttpFactory;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import livekit.LivekitModels.Room;
import livekit.LivekitSip.SIPParticipantInfo;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import retrofit2.Call;
import retrofit2.Response;

/**
 * What the network does to a call. The SDK knows neither failover nor retries, so what is tried again
 * is OkHttp's doing. Every test runs on a host of LiveKit Cloud and on another one: nothing differs.
 */
class NetworkTest {
  private static final List<String> HOSTS =
      List.of(Environment.CLOUD_URLS.get(0), Environment.URLS.get(0));

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Consumer<OkHttpClient.Builder> NO_RETRY = http -> http.retryOnConnectionFailure(false);

  private static final String ONE_TRY =
      "Nothing is tried again and no other region is asked, whatever the host: that is left to the application, which gets the HTTP "
          + "answer and no exception. No request id is sent. livekit/server-sdk-kotlin#162 adds failover; 0.13.0 does not have it.";

  @Test
  void reset() throws Exception {
    for (String host : HOSTS) {
      Tries tries = new Tries();
      var error = assertThrows(SocketException.class, createRoom(host, failing("reset"), tries.client())::execute);
      assertEquals("Connection reset", error.getMessage());
      assertEquals(List.of("0 CreateRoom, no id: SocketException"), tries.lines());

      isSentAgainOnAReusedConnection(host, "reset", "SocketException");
      isSentAgainOnAReusedConnection(host, "drop", "IOException");
      isNotSentAgainIfOkHttpIsToldNotTo(host);
    }
    isSentAgainToTheNextAddress();
    Results.doesWrong(
        "net-reset",
        "0: SocketException; on a reused connection 0 → 0, no id",
        "Where an earlier call left the connection open, or the host's name has several addresses, OkHttp sends the call again by "
            + "itself, whatever its method: after a reset, or an end without an answer (`drop`), a phone may be dialled twice, and the "
            + "application learns of one call. The server can't tell, since there is no request id (livekit/livekit#4694). The SDK leaves "
            + "OkHttp's default as it is (square/okhttp#2394); `retryOnConnectionFailure(false)` through `OkHttpFactory` turns it off.");
  }

  /** A phone is dialled twice, and the application is told of one call. */
  private static void isSentAgainOnAReusedConnection(String host, String mode, String broke) throws IOException {
    Tries tries = new Tries();
    Supplier<OkHttpClient> http = tries.client();
    assertEquals(200, dial(host, "{}", http).code());
    String once = "{\"failMode\":\"" + mode + "\",\"failTimes\":1,\"key\":\"" + UUID.randomUUID() + "\"}";
    var answer = dial(host, once, http);
    assertEquals("lobby", answer.body().getRoomName());
    assertEquals("2", answer.headers().get("X-Lk-Mock-Attempt"));
    assertEquals(
        List.of(
            "0 CreateSIPParticipant, no id: 200",
            "0 CreateSIPParticipant, no id: " + broke,
            "0 CreateSIPParticipant, no id: 200, try 2"),
        tries.lines());
  }

  /** The mock has one address, so the host's name is given it twice. */
  private static void isSentAgainToTheNextAddress() {
    Tries tries = new Tries();
    Supplier<OkHttpClient> http = tries.client(builder -> builder.dns(name -> List.of(loopback("a"), loopback("b"))));
    assertThrows(SocketException.class, createRoom(HOSTS.get(0), failing("reset"), http)::execute);
    assertEquals(
        List.of("0 CreateRoom, no id: SocketException", "0 CreateRoom, no id: SocketException"), tries.lines());
  }

  private static InetAddress loopback(String name) throws UnknownHostException {
    return InetAddress.getByAddress(name, new byte[] {127, 0, 0, 1});
  }

  private static void isNotSentAgainIfOkHttpIsToldNotTo(String host) throws IOException {
    Tries tries = new Tries();
    Supplier<OkHttpClient> http = tries.client(NO_RETRY);
    assertEquals(200, createRoom(host, "{}", http).execute().code());
    assertThrows(SocketException.class, createRoom(host, failing("reset"), http)::execute);
    assertEquals(List.of("0 CreateRoom, no id: 200", "0 CreateRoom, no id: SocketException"), tries.lines());
  }

  @Test
  void hang() throws Exception {
    for (String host : HOSTS) {
      Tries read = new Tries();
      Supplier<OkHttpClient> http = read.client(builder -> builder.readTimeout(SHORT));
      assertEquals(200, createRoom(host, "{}", http).execute().code());
      // OkHttp's timer and the socket's own race: either may be the one that ends the read.
      timesOut(SocketTimeoutException.class, Set.of("timeout", "Read timed out"), createRoom(host, failing("hang"), http));
      assertEquals(
          List.of("0 CreateRoom, no id: 200", "0 CreateRoom, no id: SocketTimeoutException"), read.lines());

      Tries whole = new Tries();
      http = whole.client(builder -> builder.callTimeout(SHORT));
      timesOut(InterruptedIOException.class, Set.of("timeout"), createRoom(host, failing("hang"), http));
      // OkHttp ends the call by closing its socket.
      assertEquals(List.of("0 CreateRoom, no id: SocketException"), whole.lines());

      Tries one = new Tries();
      Call<Room> call = createRoom(host, failing("hang"), one.client());
      call.timeout().timeout(SHORT.toMillis(), TimeUnit.MILLISECONDS);
      timesOut(InterruptedIOException.class, Set.of("timeout"), call);
      assertEquals(List.of("0 CreateRoom, no id: SocketException"), one.lines());
    }
    aReadTimeoutDoesNotEndADrip();
    OkHttpClient byDefault = new OkHttpFactory().get();
    assertEquals(10_000, byDefault.readTimeoutMillis());
    assertEquals(0, byDefault.callTimeoutMillis());
    Results.does(
        "net-hang",
        "0: SocketTimeoutException",
        "The time-out is OkHttp's `readTimeout`, 10 s if nothing is set, and it starts anew with each byte: an answer that drips is "
            + "waited for, however long it takes. `callTimeout`, which is off if nothing is set, and the `timeout()` of a call are for the whole "
            + "call: `InterruptedIOException`. None of them is tried again, not even on a reused connection.");
  }

  private static void timesOut(Class<? extends IOException> type, Set<String> messages, Call<Room> call) {
    var error = assertThrows(IOException.class, call::execute);
    assertEquals(type, error.getClass());
    assertTrue(messages.contains(error.getMessage()), error.getMessage());
  }

  private static void aReadTimeoutDoesNotEndADrip() throws IOException {
    Tries tries = new Tries();
    String control = "{\"failRegions\":[0],\"failMode\":\"drip\",\"dripMs\":1500}";
    long begin = System.nanoTime();
    var room = createRoom(HOSTS.get(0), control, tries.client(builder -> builder.readTimeout(SHORT))).execute();
    assertEquals("lobby", room.body().getName());
    assertTrue(System.nanoTime() - begin > SHORT.toNanos());
    assertEquals(List.of("0 CreateRoom, no id: 200"), tries.lines());
  }

  @Test
  void truncate() throws Exception {
    for (String host : HOSTS) {
      breaksOff(host, failing("truncate"), "200");
      // The status of an error goes with the rest of it.
      breaksOff(host, "{\"failRegions\":[0],\"failMode\":\"truncate\",\"failStatus\":503}", "503");

      Tries deletion = new Tries();
      var answer = rooms(host, failing("truncate"), deletion.client()).deleteRoom("lobby").execute();
      assertEquals(200, answer.code());
      assertNull(answer.body());
      assertEquals(List.of("0 DeleteRoom, no id: 200"), deletion.lines());
    }
    assertEquals(
        Set.of("deleteRoom", "removeParticipant", "updateSubscriptions", "sendData", "transferSipParticipant"),
        methodsThatGiveNothingBack());
    Results.does(
        "net-truncate",
        "0: ProtocolException",
        "An error that is cut short is a `ProtocolException` too, without its status. Methods that give nothing back (`deleteRoom`, "
            + "`removeParticipant`, `updateSubscriptions`, `sendData`, `transferSipParticipant`) read no body: a head with 200 is enough.");
  }

  private static Set<String> methodsThatGiveNothingBack() throws ReflectiveOperationException {
    return Sdk.clients(Environment.API_KEY, new OkHttpFactory()).stream()
        .flatMap(client -> Sdk.methods(client).stream())
        .filter(method -> method.getGenericReturnType().getTypeName().equals("retrofit2.Call<java.lang.Void>"))
        .map(Method::getName)
        .collect(Collectors.toSet());
  }

  private static void breaksOff(String host, String control, String status) {
    Tries tries = new Tries();
    var error = assertThrows(ProtocolException.class, createRoom(host, control, tries.client())::execute);
    assertEquals("unexpected end of stream", error.getMessage());
    assertEquals(List.of("0 CreateRoom, no id: " + status), tries.lines());
  }

  @Test
  void garbage() throws Exception {
    for (String host : HOSTS) {
      Tries tries = new Tries();
      Supplier<OkHttpClient> http = tries.client();
      assertEquals(200, createRoom(host, "{}", http).execute().code());
      var error = assertThrows(ProtocolException.class, createRoom(host, failing("garbage"), http)::execute);
      assertTrue(error.getMessage().startsWith("Unexpected status line: "), error.getMessage());
      assertEquals(List.of("0 CreateRoom, no id: 200", "0 CreateRoom, no id: ProtocolException"), tries.lines());
    }
    Results.does(
        "net-garbage",
        "0: ProtocolException",
        "Its message is `Unexpected status line:` with the first line that came. Not tried again, not even on a reused connection.");
  }

  @Test
  void htmlOfAProxy() throws Exception {
    String html = "<html><body>502 Bad Gateway</body></html>";
    for (String host : HOSTS) {
      Tries tries = new Tries();
      var answer = createRoom(host, page(502, html), tries.client()).execute();
      assertEquals(502, answer.code());
      assertNull(answer.body());
      assertEquals("text/html; charset=utf-8", answer.headers().get("Content-Type"));
      assertEquals(html, answer.errorBody().string());
      assertEquals(List.of("0 CreateRoom, no id: 502"), tries.lines());

      // The same page with 200, as a captive portal sends it.
      Tries portal = new Tries();
      var error = assertThrows(RuntimeException.class, createRoom(host, page(200, html), portal.client())::execute);
      assertInstanceOf(InvalidProtocolBufferException.class, error.getCause());
      var deletion = rooms(host, page(200, html), portal.client()).deleteRoom("lobby").execute();
      assertTrue(deletion.isSuccessful());
      assertEquals(List.of("0 CreateRoom, no id: 200", "0 DeleteRoom, no id: 200"), portal.lines());
    }
    Results.does(
        "net-html-502",
        "0: HTTP 502",
        "No exception: the application gets the status, and the HTML as `errorBody()`. A page that comes with 200 is an unchecked "
            + "`RuntimeException`, which `catch (IOException …)` misses, and where a method gives nothing back (`deleteRoom`, `sendData`, …), "
            + "it counts as success: neither body nor `Content-Type` is looked at.");
  }

  private static String page(int status, String html) {
    return "{\"failRegions\":[0],\"failStatus\":" + status + ",\"failBody\":\"" + html + "\"}";
  }

  @Test
  void tooManyRequests() throws Exception {
    for (String host : HOSTS) {
      Tries tries = new Tries();
      var answer = createRoom(host, retryAfter(429, 1), tries.client()).execute();
      assertEquals("1", answer.headers().get("Retry-After"));
      assertTwirp(answer, 429, "resource_exhausted");
      assertEquals(List.of("0 CreateRoom, no id: 429"), tries.lines());

      tries = new Tries();
      assertTwirp(createRoom(host, retryAfter(503, 1), tries.client()).execute(), 503, "unavailable");
      assertEquals(List.of("0 CreateRoom, no id: 503"), tries.lines());

      tries = new Tries();
      assertTwirp(createRoom(host, retryAfter(503, 0), tries.client(NO_RETRY)).execute(), 503, "unavailable");
      assertEquals(List.of("0 CreateRoom, no id: 503", "0 CreateRoom, no id: 503"), tries.lines());
    }
    Results.does(
        "net-429",
        "0: HTTP 429",
        "`Retry-After` is a header for the application to read. But in a 503, `Retry-After: 0` makes OkHttp send the call once more, at "
            + "once and without a request id, even with `retryOnConnectionFailure(false)`.");
  }

  private static String retryAfter(int status, int seconds) {
    return "{\"failRegions\":[0],\"failStatus\":" + status + ",\"failHeaders\":{\"Retry-After\":\"" + seconds + "\"}}";
  }

  @Test
  void failsOnce() throws Exception {
    for (String host : HOSTS) {
      failsTimes(host, 1);
    }
    Results.does("net-fails-once", "0: HTTP 503", ONE_TRY);
  }

  @Test
  void failsTwice() throws Exception {
    for (String host : HOSTS) {
      failsTimes(host, 2);
    }
    Results.does("net-fails-twice", "0: HTTP 503", ONE_TRY);
  }

  @Test
  void failsInTurn() throws Exception {
    for (String host : HOSTS) {
      failsTimes(host, 4);
    }
    Results.does("net-fails-in-turn", "0: HTTP 503", ONE_TRY);
  }

  @Test
  void cloudApi() throws Exception {
    failsTimes(Environment.CLOUD_API_URLS.get(0), 1);
    Results.does("net-cloud-api", "0: HTTP 503", ONE_TRY);
  }

  /** The SDK sends no id, so the mock counts by a key; the tries after the first are the application's own. */
  private static void failsTimes(String host, int times) throws IOException {
    Tries tries = new Tries();
    String control = "{\"failTimes\":" + times + ",\"key\":\"" + UUID.randomUUID() + "\"}";
    Call<Room> call = createRoom(host, control, tries.client());
    for (int attempt = 1; attempt <= times; attempt++) {
      Response<Room> failure = call.clone().execute();
      assertEquals(String.valueOf(attempt), failure.headers().get("X-Lk-Mock-Attempt"));
      assertTwirp(failure, 503, "unavailable");
      assertEquals(attempt, tries.lines().size());
      assertEquals("0 CreateRoom, no id: 503, try " + attempt, tries.lines().get(attempt - 1));
    }
    assertEquals("lobby", call.execute().body().getName());
    assertEquals(times + 1, tries.lines().size());
    assertEquals("0 CreateRoom, no id: 200, try " + (times + 1), tries.lines().get(times));
  }

  private static void assertTwirp(Response<?> response, int status, String code) throws IOException {
    var error = Calls.twirpError(response);
    assertEquals(status, error.status());
    assertEquals(code, error.code());
    assertEquals("mock failure (status " + status + ")", error.body().getFieldsOrThrow("msg").getStringValue());
  }

  private static String failing(String mode) {
    return "{\"failRegions\":[0],\"failMode\":\"" + mode + "\"}";
  }

  private static Call<Room> createRoom(String host, String control, Supplier<OkHttpClient> http) {
    return rooms(host, control, http).createRoom("lobby");
  }

  private static RoomServiceClient rooms(String host, String control, Supplier<OkHttpClient> http) {
    return RoomServiceClient.createClient(host, "mock:" + control, Environment.API_SECRET, http);
  }

  private static Response<SIPParticipantInfo> dial(String host, String control, Supplier<OkHttpClient> http)
      throws IOException {
    var options = new CreateSipParticipantOptions("caller", null, null, null, null, null, null, false);
    return SipServiceClient.createClient(host, "mock:" + control, Environment.API_SECRET, http)
        .createSipParticipant("ST_1", "+15105550100", "lobby", options)
        .execute();
  }
}
