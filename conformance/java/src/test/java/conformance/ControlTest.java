package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.UnknownFieldSet;
import io.livekit.server.RoomServiceClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControlTest {
  private static final String URL = Environment.URLS.get(0);

  @Test
  void responseOverride() throws Exception {
    // With OkHttp a control can ride in a request header too.
    Wire wire =
        new Wire()
            .withHeader(
                "X-Lk-Mock",
                "{\"response\":{\"rooms\":[{\"name\":\"lobby\",\"sid\":\"RM_1\",\"numParticipants\":3},{\"name\":\"hall\"}]}}");
    var rooms =
        RoomServiceClient.createClient(URL, Environment.API_KEY, Environment.API_SECRET, wire.client())
            .listRooms()
            .execute()
            .body();
    assertEquals(2, rooms.size());
    assertEquals("RM_1", rooms.get(0).getSid());
    assertEquals(3, rooms.get(0).getNumParticipants());
    assertEquals("hall", rooms.get(1).getName());
    Results.works("response-override");
  }

  /** The mock answers with its own schema, so a field of the future is added to its answer. */
  @Test
  void unknownField() throws Exception {
    UnknownFieldSet future =
        UnknownFieldSet.newBuilder()
            .addField(18_000, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build();
    Wire wire = new Wire().withTail(future.toByteArray());
    var room = Calls.createRoom(URL, Environment.API_KEY, Environment.API_SECRET, wire.client()).body();
    assertEquals("lobby", room.getName());
    assertEquals(future, room.getUnknownFields());
    Results.works(
        "unknown-field",
        "kept as an unknown field; it was added to the mock's answer on the way, since the mock answers with its own schema");
  }

  @Test
  void controlByKey() throws Exception {
    String control = "{\"response\":{\"name\":\"by key\",\"sid\":\"RM_KEY\"}}";
    byte[] bytes = control.getBytes(StandardCharsets.UTF_8);
    for (String key :
        List.of(
            control,
            Base64.getUrlEncoder().encodeToString(bytes),
            Base64.getUrlEncoder().withoutPadding().encodeToString(bytes))) {
      Wire wire = new Wire();
      var room = Calls.createRoom(URL, "mock:" + key, Environment.API_SECRET, wire.client()).body();
      assertEquals("by key", room.getName(), key);
      assertEquals("RM_KEY", room.getSid(), key);
      assertTrue(wire.last().warnings().isEmpty(), () -> key + ": " + wire.last().warnings());
    }
    Results.works("control-by-key");
  }
}
