package conformance;

import java.util.List;

/** What the runner sets: where the mock is, whom it trusts, where the results go. */
final class Environment {
  /** The four regions by index, on an address of loopback. */
  static final List<String> URLS = regions("LKM_URLS");

  /** The same regions under a name of livekit.cloud, for which LiveKit's SDKs fail over. */
  static final List<String> CLOUD_URLS = regions("LKM_CLOUD_URLS");

  /** The same under a name of cloud-api.*.livekit.io, which newer SDKs ask again on the same host. */
  static final List<String> CLOUD_API_URLS = regions("LKM_CLOUD_API_URLS");

  static final String API_KEY = variable("LKM_API_KEY");
  static final String API_SECRET = variable("LKM_API_SECRET");
  static final String RESULTS = variable("LKM_RESULTS");

  private Environment() {}

  private static String variable(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalStateException(name + " is not set; conformance/run sets it");
    }
    return value;
  }

  private static List<String> regions(String name) {
    List<String> urls = List.of(variable(name).split(","));
    if (urls.size() != 4) {
      throw new IllegalStateException(name + " holds one url a region, four of them");
    }
    return urls;
  }
}
