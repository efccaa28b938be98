package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import com.google.protobuf.Any;
import io.livekit.server.CreateSipParticipantOptions;
import io.livekit.server.SipServiceClient;
import java.util.Base64;
import java.util.List;
import livekit.LivekitSip.SIPStatus;
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
      SipServiceClient sip =
          SipServiceClient.createClient(Environment.URLS.get(0), key, Environment.API_SECRET);
      var options = new CreateSipParticipantOptions("caller", null, null, null, null, null, null, true);
      for (Response<?> response :
          List.of(
              sip.createSipParticipant("ST_1", "+15105550100", "lobby", options).execute(),
              sip.transferSipParticipant("lobby", "caller", "tel:+15105550122", null).execute())) {
        var error = Calls.twirpError(response);
        assertEquals(c.status(), error.status());
        assertEquals(c.code(), error.code());
        assertEquals(String.valueOf(c.sipCode()), error.meta("sip_status_code"));
        assertEquals(c.sipStatus(), error.meta("sip_status"));
        assertEquals(c.sipCode(), details(error).getCodeValue());
      }
    }
    Results.works("sip-errors", "the SDK hands out the HTTP answer; code and meta are for the caller to read from its body");
  }

  /** The SIPStatus in the google.rpc.Status of error_details; its details are its field 3. */
  private static SIPStatus details(Calls.TwirpError error) throws Exception {
    byte[] raw = Base64.getDecoder().decode(error.meta("error_details"));
    ByteString any =
        com.google.protobuf.UnknownFieldSet.parseFrom(raw).getField(3).getLengthDelimitedList().get(0);
    return Any.parseFrom(any).unpack(SIPStatus.class);
  }
}
