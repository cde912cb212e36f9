import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** `java Acl.java BROKER allow|remove topic|group NAME`: lets the user `vaste` read it, or not. */
public class Acl {
    public static void main(String[] arguments) throws Exception {
        var resource = new ResourcePattern(
            ResourceType.fromString(arguments[2]), arguments[3], PatternType.LITERAL);
        var entry = new AccessControlEntry(
            "User:vaste", "*", AclOperation.READ, AclPermissionType.ALLOW);
        var binding = new AclBinding(resource, entry);
        try (var admin = Admin.create(Map.<String, Object>of("bootstrap.servers", arguments[0]))) {
            if (arguments[1].equals("allow")) {
                admin.createAcls(List.of(binding)).all().get();
            } else {
                admin.deleteAcls(List.of(binding.toFilter())).all().get();
            }
        }
    }
}
