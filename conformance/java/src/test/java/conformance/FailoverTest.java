package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** This SDK has no failover. Each test says what the caller gets, so that one that has it is noticed. */
class FailoverTest {
  @Test
  void toTheNextRegion() throws Exception {
    failsAtOnce("{\"failRegions\":[0]}");
    Results.lacks("failover-0-1", "no region failover: one try, and the caller gets the first region's answer");
  }

  @Test
  void toTheThirdRegion() throws Exception {
    failsAtOnce("{\"failRegions\":[0,1]}");
    Results.lacks("failover-01-2", "no region failover");
  }

  @Test
  void withAllRegionsDown() throws Exception {
    failsAtOnce("{\"failRegions\":[0,1,2,3]}");
    Results.lacks("failover-all-down", "no region failover: the error comes after one try");
  }

  @Test
  void withoutRegionDiscovery() throws Exception {
    failsAtOnce("{\"failRegions\":[0],\"regionsStatus\":500}");
    Results.lacks("discovery-fails", "no region discovery");
  }

  private static void failsAtOnce(String control) throws IOException {
    Wire wire = new Wire();
    var error = Calls.twirpError(Calls.createRoomInCloud(control, wire.client()));
    assertEquals(503, error.status());
    assertEquals("unavailable", error.code());
    assertEquals(1, wire.exchanges().size());
  }

  @Test
  void a4xxIsNotRetried() throws Exception {
    for (var expected :
        Map.of(400, "invalid_argument", 404, "not_found", 429, "resource_exhausted").entrySet()) {
      Wire wire = new Wire();
      String control = "{\"failRegions\":[0],\"failStatus\":" + expected.getKey() + "}";
      var error = Calls.twirpError(Calls.createRoomInCloud(control, wire.client()));
      assertEquals(expected.getKey(), error.status());
      assertEquals(expected.getValue(), error.code());
      assertEquals(1, wire.exchanges().size());
    }
    Tries tries = new Tries();
    var timeout = Calls.createRoomInCloud("{\"failRegions\":[0],\"failStatus\":408}", tries.client());
    assertEquals(408, timeout.code());
    assertEquals(List.of("0 CreateRoom, no id: 408", "0 CreateRoom, no id: 408"), tries.lines());
    Results.works("no-retry-4xx", "but for a 408, which OkHttp sends once more to the same region (see `sip-errors`)");
  }

  @Test
  void ofADroppedConnection() throws Exception {
    String control = "{\"failRegions\":[0],\"failMode\":\"drop\"}";
    var error =
        assertThrows(IOException.class, () -> Calls.createRoomInCloud(control, new Wire().client()));
    assertEquals("java.io.EOFException", error.getCause().getClass().getName(), error.toString());
    Results.lacks("failover-drop", "no region failover: the caller gets an IOException");
  }

  @Test
  void toTheRegionOfAPin() throws Exception {
    Wire wire = new Wire();
    var response = Calls.createRoomInCloud("{\"pinnedRegions\":[\"region-1\"]}", wire.client());
    assertEquals(451, response.code());
    assertEquals("project not allowed in this region.", response.errorBody().string());
    assertEquals(1, wire.exchanges().size());
    Results.lacks("pinned", "the 451 reaches the caller; the client does not go on to the region that is allowed");
  }
}
