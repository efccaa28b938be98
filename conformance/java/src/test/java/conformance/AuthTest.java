package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.livekit.server.AccessToken;
import io.livekit.server.RoomList;
import org.junit.jupiter.api.Test;

class AuthTest {
  @Test
  void wrongSecret() throws Exception {
    var error =
        Calls.twirpError(
            Calls.createRoom(
                Environment.URLS.get(0), Environment.API_KEY, "not the secret", new Wire().client()));
    assertEquals(401, error.status());
    assertEquals("unauthenticated", error.code());
    Results.works("wrong-secret");
  }

  /** The SDK always signs the grants that a method needs, so another token is put in its place. */
  @Test
  void missingGrant() throws Exception {
    AccessToken token = new AccessToken(Environment.API_KEY, Environment.API_SECRET);
    token.addGrants(new RoomList(true));
    Wire wire = new Wire().withHeader("Authorization", "Bearer " + token.toJwt());
    var error =
        Calls.twirpError(
            Calls.createRoom(
                Environment.URLS.get(0), Environment.API_KEY, Environment.API_SECRET, wire.client()));
    assertEquals(403, error.status());
    assertEquals("permission_denied", error.code());
    Results.works(
        "missing-grant",
        "the SDK signs the right grants by itself; an interceptor puts a token without them in their place");
  }
}
