package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import com.google.protobuf.Any;
import io.livekit.server.CreateSipParticipantOptions;
import io.livekit.server.SipServiceClient;
import io.livekit.server.okhttp.OkHttpFactory;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import livekit.LivekitSip.SIPStatus;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import retrofit2.Response;

class SipErrorsTest {
  private record Case(String control, int status, String code, int sipCode, String sipStatus) {}

  @Test
  void sipErrors() throws Exception {
    for (Case c :
        List.of(
            new Case("{\"code\":486,\"status\":\"Busy Here\"}", 412, "failed_precondition", 486, "Busy Here"),
            new Case("{\"code\":603,\"status\":\"Decline\"}", 403, "permission_denied", 603, "Decline"),
            new Case("{\"code\":408}", 408, "deadline_exceeded", 408, "SIP_STATUS_REQUEST_TIMEOUT"))) {
      String key = "mock:{\"delayMs\":0,\"sipStatus\":" + c.control() + "}";
      OkHttpFactory http = new OkHttpFactory();
      for (Response<?> response : List.of(dial(key, http), transfer(key, http))) {
        var error = Calls.twirpError(response);
        assertEquals(c.status(), error.status());
        assertEquals(c.code(), error.code());
        assertEquals(String.valueOf(c.sipCode()), error.meta("sip_status_code"));
        assertEquals(c.sipStatus(), error.meta("sip_status"));
        assertEquals(c.sipCode(), details(error).getCodeValue());
      }
    }
    aCallThatIsNotAnsweredIsDialledTwice();
    Results.wrong(
        "sip-errors",
        "code and meta are right: the SDK hands out the HTTP answer, for the caller to read them from its body. But OkHttp sends whatever is "
            + "answered 408 once more by itself (square/okhttp#2302), and SIP 408 and 504 are a 408: a callee who did not answer is dialled a "
            + "second time before the application is told, a failed transfer tried again; `retryOnConnectionFailure(false)` through OkHttpFactory turns it off");
  }

  private static void aCallThatIsNotAnsweredIsDialledTwice() throws Exception {
    for (int sipCode : List.of(408, 504)) {
      String key = "mock:{\"delayMs\":0,\"sipStatus\":{\"code\":" + sipCode + "}}";
      Tries tries = new Tries();
      assertEquals(408, dial(key, tries.client()).code());
      assertEquals(408, transfer(key, tries.client()).code());
      assertEquals(
          List.of(
              "0 CreateSIPParticipant, no id: 408",
              "0 CreateSIPParticipant, no id: 408",
              "0 TransferSIPParticipant, no id: 408",
              "0 TransferSIPParticipant, no id: 408"),
          tries.lines());

      Tries once = new Tries();
      assertEquals(408, dial(key, once.client(http -> http.retryOnConnectionFailure(false))).code());
      assertEquals(List.of("0 CreateSIPParticipant, no id: 408"), once.lines());
    }
  }

  private static Response<?> dial(String key, Supplier<OkHttpClient> http) throws IOException {
    var options = new CreateSipParticipantOptions("caller", null, null, null, null, null, null, true);
    return client(key, http).createSipParticipant("ST_1", "+15105550100", "lobby", options).execute();
  }

  private static Response<?> transfer(String key, Supplier<OkHttpClient> http) throws IOException {
    return client(key, http).transferSipParticipant("lobby", "caller", "tel:+15105550122", null).execute();
  }

  private static SipServiceClient client(String key, Supplier<OkHttpClient> http) {
    return SipServiceClient.createClient(Environment.URLS.get(0), key, Environment.API_SECRET, http);
  }

  /** The SIPStatus in the google.rpc.Status of error_details; its details are its field 3. */
  private static SIPStatus details(Calls.TwirpError error) throws Exception {
    byte[] raw = Base64.getDecoder().decode(error.meta("error_details"));
    ByteString any =
        com.google.protobuf.UnknownFieldSet.parseFrom(raw).getField(3).getLengthDelimitedList().get(0);
    return Any.parseFrom(any).unpack(SIPStatus.class);
  }
}
