package io.countersign.command.demo;

import io.countersign.lab.Behaviour;
import io.countersign.lab.DnsFault;
import io.countersign.lab.Exchangers;
import io.countersign.lab.Lab;
import io.countersign.lab.LabStage;
import java.util.List;

/** Who lives on the demo's small Internet, and how their mail servers behave. */
final class Town {
    /** The domain that the gateway stands in front of. */
    static final String OURS = "example.org";

    static final String RITA = "rita@" + OURS;
    static final String GATEWAY_NAME = "mx." + OURS;

    static final Neighbour FRIENDLY = new Neighbour("friendly.test", "127.9.0.1");
    static final Neighbour SILENT = new Neighbour("silent.test", "127.9.0.2");
    static final Neighbour NO_BOUNCES = new Neighbour("nobounces.test", "127.9.0.3");
    static final Neighbour GREYLISTING = new Neighbour("greylisting.test", "127.9.0.4");
    static final Neighbour BLOCKING = new Neighbour("blocking.test", "127.9.0.5");
    static final Neighbour DOWN = new Neighbour("down.test", "127.9.0.6");
    static final Neighbour BROKEN_DNS = new Neighbour("brokendns.test", "127.9.0.7");
    static final Neighbour BANK = new Neighbour("bank.test", "127.9.0.8");
    /** Takes no mail, and says so (RFC 7505). */
    static final Neighbour SEND_ONLY = new Neighbour("sendonly.test", "127.9.0.9");
    /** Its server has a name, but its mail comes under a domain that nobody has. */
    static final Neighbour SPAMMER = new Neighbour("bulk.test", "127.9.0.66");
    /** Its address has no name. */
    static final Neighbour NAMELESS = new Neighbour("nameless.test", "127.9.0.77");
    /** Verifies senders itself. */
    static final Neighbour CURIOUS = new Neighbour("curious.test", "127.9.0.10");

    private Town() {}

    static void build(Lab lab) {
        lab.dns().mx(OURS, 10, GATEWAY_NAME).host(GATEWAY_NAME, "127.0.0.1");
        open(lab, FRIENDLY, Exchangers.wellBehaved(FRIENDLY.address("alice")));
        open(lab, SILENT, Exchangers.neverAnswers(LabStage.RCPT));
        open(lab, NO_BOUNCES, Exchangers.refusesNullSender(NO_BOUNCES.address("carol")));
        open(lab, GREYLISTING, Exchangers.greylists(1, GREYLISTING.address("dave")));
        open(lab, BLOCKING, Exchangers.blocksUs());
        open(lab, BANK, Exchangers.wellBehaved(BANK.address("service")));
        open(lab, NAMELESS, Exchangers.wellBehaved(NAMELESS.address("ivan")));
        lab.dns().mx(DOWN.domain(), 10, "mx.down.test").host("mx.down.test", lab.deadAddress());
        lab.dns().fault(BROKEN_DNS.domain(), DnsFault.of(DnsFault.Kind.SERVFAIL));
        lab.dns().nullMx(SEND_ONLY.domain());
        for (Neighbour named : List.of(
                FRIENDLY,
                SILENT,
                NO_BOUNCES,
                GREYLISTING,
                BLOCKING,
                DOWN,
                BROKEN_DNS,
                BANK,
                SEND_ONLY,
                SPAMMER,
                CURIOUS)) {
            lab.dns().host(named.clientName(), named.client());
        }
    }

    /** An exchanger, and SPF that names the neighbour's own client and, so that one can try it by hand, 127.0.0.1. */
    private static void open(Lab lab, Neighbour neighbour, Behaviour behaviour) {
        lab.domain(neighbour.domain(), behaviour);
        String byHand = neighbour.equals(BANK) ? "" : " ip4:127.0.0.1";
        lab.dns().txt(neighbour.domain(), "v=spf1 ip4:" + neighbour.client() + byHand + " -all");
    }
}
