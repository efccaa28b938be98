package conformance;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Locale;

/**
 * The answer that the mock gives by default (docs/BEHAVIOUR.md, Populated answers): what the request has too is
 * echoed, ids get a placeholder, lists of messages one element with placeholders.
 */
final class Populated {
  private Populated() {}

  static Message answer(Message request, Descriptor type) {
    DynamicMessage.Builder answer = DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      FieldDescriptor same = request.getDescriptorForType().findFieldByName(field.getName());
      if (isScalar(field) && same != null && isSet(request, same) && same.getType() == field.getType()) {
        answer.setField(field, request.getField(same));
      } else if (isId(field)) {
        answer.setField(field, placeholder(field));
      } else if (field.isRepeated() && !field.isMapField() && field.getJavaType() == JavaType.MESSAGE) {
        DynamicMessage.Builder element = DynamicMessage.newBuilder(field.getMessageType());
        field.getMessageType().getFields().stream()
            .filter(Populated::isId)
            .forEach(id -> element.setField(id, placeholder(id)));
        answer.addRepeatedField(field, element.build());
      }
    }
    return answer.build();
  }

  /**
   * The fields of a deeper answer that are not as they should be: its nested messages are filled too.
   */
  static List<String> missing(Message plain, Message answer) {
    return answer.getDescriptorForType().getFields().stream()
        .filter(field -> !isFilled(field, plain, answer))
        .map(FieldDescriptor::getName)
        .toList();
  }

  private static boolean isFilled(FieldDescriptor field, Message plain, Message answer) {
    if (field.isMapField() || field.getContainingOneof() != null) {
      return true;
    }
    if (field.getJavaType() == JavaType.MESSAGE) {
      return field.isRepeated() ? answer.getRepeatedFieldCount(field) == 1 : answer.hasField(field);
    }
    return !plain.getAllFields().containsKey(field) || plain.getField(field).equals(answer.getField(field));
  }

  private static boolean isScalar(FieldDescriptor field) {
    return !field.isRepeated()
        && field.getJavaType() != JavaType.MESSAGE
        && field.getJavaType() != JavaType.ENUM;
  }

  private static boolean isSet(Message message, FieldDescriptor field) {
    return isScalar(field) && message.getAllFields().containsKey(field);
  }

  private static boolean isId(FieldDescriptor field) {
    String name = field.getName();
    boolean named = name.equals("id") || name.equals("sid") || name.endsWith("_id") || name.endsWith("_sid");
    return named && !field.isRepeated() && field.getJavaType() == JavaType.STRING;
  }

  private static String placeholder(FieldDescriptor field) {
    return "MOCK_" + field.getName().toUpperCase(Locale.ROOT);
  }
}
