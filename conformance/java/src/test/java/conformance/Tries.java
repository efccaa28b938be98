package conformance;

import io.livekit.server.okhttp.OkHttpFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Every request that leaves for a server, those that OkHttp sends again by itself among them: the
 * region, the call, its id, and what came back. {@code Wire} sees a call once, however often it is sent.
 */
final class Tries implements Interceptor {
  private final List<String> tries = new ArrayList<>();

  /** The HTTP client for the SDK: its own default, watched where OkHttp's retries have been decided. */
  Supplier<OkHttpClient> client() {
    return client(builder -> {});
  }

  /** The same, configured by the application as well. */
  Supplier<OkHttpClient> client(Consumer<OkHttpClient.Builder> more) {
    return new OkHttpFactory(false, builder -> more.accept(builder.addNetworkInterceptor(this)));
  }

  /** A line a request: {@code "0 CreateRoom, no id: 503, try 1"}. */
  List<String> lines() {
    return List.copyOf(tries);
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    String sent = region(request) + " " + request.url().pathSegments().get(2) + ", " + id(request) + ": ";
    try {
      Response response = chain.proceed(request);
      String attempt = response.header("X-Lk-Mock-Attempt");
      tries.add(sent + response.code() + (attempt == null ? "" : ", try " + attempt));
      return response;
    } catch (IOException error) {
      tries.add(sent + error.getClass().getSimpleName());
      throw error;
    }
  }

  private static int region(Request request) {
    String base = request.url().scheme() + "://" + request.url().host() + ":" + request.url().port();
    for (var urls : List.of(Environment.URLS, Environment.CLOUD_URLS, Environment.CLOUD_API_URLS)) {
      if (urls.contains(base)) {
        return urls.indexOf(base);
      }
    }
    throw new AssertionError("a request to " + base + ", which is no region of the mock");
  }

  private static String id(Request request) {
    String id = request.header("X-Livekit-Request-Id");
    return id == null ? "no id" : "id " + id;
  }
}
