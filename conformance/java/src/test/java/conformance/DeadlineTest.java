package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.livekit.server.CreateSipParticipantOptions;
import io.livekit.server.SipServiceClient;
import io.livekit.server.okhttp.OkHttpFactory;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  @Test
  void deadline() throws Exception {
    var http = new OkHttpFactory(false, builder -> builder.callTimeout(Duration.ofMillis(300)));
    long begin = System.nanoTime();
    assertThrows(
        InterruptedIOException.class, () -> Calls.createRoomInCloud("{\"delayMs\":5000}", http));
    assertTrue(System.nanoTime() - begin < Duration.ofSeconds(2).toNanos());

    // Dialling has the mock's own latency of 11 s. The SDK's client has OkHttp's default of 10 s for
    // every call, those that ring a phone among them.
    var patient = new OkHttpFactory(false, builder -> builder.readTimeout(Duration.ofSeconds(32)));
    FutureTask<String> answered = new FutureTask<>(() -> dial(patient));
    new Thread(answered).start();
    assertThrows(SocketTimeoutException.class, () -> dial(new OkHttpFactory()));
    assertEquals("lobby", answered.get());
    Results.wrong(
        "deadline",
        "a deadline of the caller is kept, but a call that is answered after 10 s is given up: the default HTTP client "
            + "reads for 10 s, however long the ringing takes; a longer readTimeout through OkHttpFactory helps");
  }

  private static String dial(OkHttpFactory http) throws Exception {
    var options = new CreateSipParticipantOptions("caller", null, null, null, null, null, null, true);
    return SipServiceClient.createClient(
            Environment.URLS.get(0), Environment.API_KEY, Environment.API_SECRET, http)
        .createSipParticipant("ST_1", "+15105550100", "lobby", options)
        .execute()
        .body()
        .getRoomName();
  }
}
