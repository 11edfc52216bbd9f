package io.countersign.relay;

/** The words of an answer, for logs and for the answers made from it. */
final class Details {
    private Details() {}

    static String of(MtaAnswer answer) {
        return switch (answer.kind()) {
            case REPLIED -> ((MtaAnswer.Replied) answer).reply().toString();
            case UNREACHABLE -> ((MtaAnswer.Unreachable) answer).detail();
            case BUSY -> ((MtaAnswer.Busy) answer).detail();
            case LOST -> ((MtaAnswer.Lost) answer).detail();
            case SILENT -> ((MtaAnswer.Silent) answer).detail();
            case MISCONFIGURED -> ((MtaAnswer.Misconfigured) answer).detail();
        };
    }

    /** What lies at the bottom of a failure: a handshake wraps the reason three times. */
    static String of(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return message == null ? root.getClass().getSimpleName() : message;
    }

    /** The same, said of a message whose end had gone out. */
    static MtaAnswer afterEnd(MtaAnswer why) {
        String detail = Details.of(why) + "; the message may have been taken (possible duplicate)";
        if (why instanceof MtaAnswer.Silent) {
            return new MtaAnswer.Silent(detail, MtaAnswer.Fate.UNKNOWN);
        }
        return why instanceof MtaAnswer.Lost ? new MtaAnswer.Lost(detail, MtaAnswer.Fate.UNKNOWN) : why;
    }
}
