package conformance;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The line that a test writes for its behaviour. It is the last thing that a test does, so a test
 * that failed on the way has reported nothing.
 */
final class Results {
  private Results() {}

  static void works(String behaviour) {
    report(behaviour, "works", null, null);
  }

  static void works(String behaviour, String note) {
    report(behaviour, "works", null, note);
  }

  /** The client has no such feature. */
  static void lacks(String behaviour, String note) {
    report(behaviour, "lacks", null, note);
  }

  /** The client has it and gets it wrong. */
  static void wrong(String behaviour, String note) {
    report(behaviour, "wrong", null, note);
  }

  /** What the client does when the network breaks, in the words that docs/CLIENTS.md has a table for. */
  static void does(String behaviour, String does, String note) {
    report(behaviour, "works", does, note);
  }

  /** The same where that misleads the application. */
  static void doesWrong(String behaviour, String does, String note) {
    report(behaviour, "wrong", does, note);
  }

  private static void report(String behaviour, String result, String does, String note) {
    Struct.Builder line = Struct.newBuilder();
    put(line, "client", "java");
    put(line, "package", "io.livekit:livekit-server");
    put(line, "version", System.getProperty("livekit-server.version"));
    put(line, "behaviour", behaviour);
    put(line, "result", result);
    if (does != null) {
      put(line, "does", does);
    }
    if (note != null) {
      put(line, "note", note);
    }
    try {
      Files.writeString(
          Path.of(Environment.RESULTS),
          json(line.build()) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String json(Struct line) throws InvalidProtocolBufferException {
    return JsonFormat.printer().omittingInsignificantWhitespace().print(line);
  }

  private static void put(Struct.Builder line, String name, String value) {
    line.putFields(name, Value.newBuilder().setStringValue(value).build());
  }
}
