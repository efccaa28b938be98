package conformance;

import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.livekit.server.RoomServiceClient;
import java.io.IOException;
import livekit.LivekitModels.Room;
import okhttp3.OkHttpClient;
import java.util.function.Supplier;
import retrofit2.Response;

/** The one call that most tests make, and how the SDK shows that it failed. */
final class Calls {
  /** A Twirp error: the SDK hands out the HTTP answer and leaves its body to the caller. */
  record TwirpError(int status, String code, Struct body) {
    String meta(String name) {
      return body.getFieldsOrThrow("meta").getStructValue().getFieldsOrThrow(name).getStringValue();
    }
  }

  private Calls() {}

  static Response<Room> createRoom(String url, String key, String secret, Supplier<OkHttpClient> http)
      throws IOException {
    return RoomServiceClient.createClient(url, key, secret, http).createRoom("lobby").execute();
  }

  /** On the host for which LiveKit's SDKs fail over, with a key that programs the mock. */
  static Response<Room> createRoomInCloud(String control, Supplier<OkHttpClient> http) throws IOException {
    return createRoom(Environment.CLOUD_URLS.get(0), "mock:" + control, Environment.API_SECRET, http);
  }

  static TwirpError twirpError(Response<?> response) throws IOException {
    if (response.isSuccessful()) {
      throw new AssertionError("expected an error, got " + response.body());
    }
    Struct.Builder body = Struct.newBuilder();
    JsonFormat.parser().merge(response.errorBody().string(), body);
    return new TwirpError(response.code(), body.getFieldsOrThrow("code").getStringValue(), body.build());
  }
}
