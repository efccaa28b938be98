package conformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import io.livekit.server.okhttp.OkHttpFactory;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;

/**
 * Watches what the SDK sends and what comes back, through the hook that the SDK offers for its HTTP
 * client. A test can put a header on the requests or bytes behind the answers.
 */
final class Wire implements Interceptor {
  /** One request of the SDK and what came back. */
  record Exchange(String path, byte[] request, int status, byte[] answer, List<String> warnings) {}

  private final List<Exchange> exchanges = new ArrayList<>();
  private String headerName;
  private String headerValue;
  private byte[] tail = {};

  Wire withHeader(String name, String value) {
    headerName = name;
    headerValue = value;
    return this;
  }

  Wire withTail(byte[] bytes) {
    tail = bytes;
    return this;
  }

  /** The HTTP client for the SDK: its own default, watched. */
  Supplier<OkHttpClient> client() {
    return new OkHttpFactory(false, builder -> builder.addInterceptor(this));
  }

  List<Exchange> exchanges() {
    return exchanges;
  }

  Exchange last() {
    return exchanges.get(exchanges.size() - 1);
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    if (headerName != null) {
      request = request.newBuilder().header(headerName, headerValue).build();
    }
    Buffer sent = new Buffer();
    request.body().writeTo(sent);

    Response response = chain.proceed(request);
    MediaType type = response.body().contentType();
    Buffer answer = new Buffer().write(response.body().bytes());
    answer.write(tail);
    byte[] bytes = answer.readByteArray();
    exchanges.add(
        new Exchange(
            request.url().encodedPath(),
            sent.readByteArray(),
            response.code(),
            bytes,
            response.headers("X-Lk-Mock-Warning")));
    return response.newBuilder().body(ResponseBody.create(bytes, type)).build();
  }
}
