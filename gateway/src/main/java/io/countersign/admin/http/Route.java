package io.countersign.admin.http;

import java.util.concurrent.CompletionStage;

/**
 * One thing that can be asked.
 *
 * @param method GET or POST; HEAD comes with GET
 * @param path exact
 * @param handler called as {@code work} says
 */
public record Route(String method, String path, Access access, Work work, Handler handler) {
    /** Who may ask. */
    public enum Access {
        /** Everybody, under any Host: probes of health. */
        ANYBODY,
        /** Everybody who calls it by a name that is ours. */
        NO_TOKEN,
        /** Who opens it with {@code ?token=} or the header; others get the answer too, as 401. */
        PAGE,
        /** Who sends the token in the header. */
        TOKEN
    }

    /** Where the handler runs. */
    public enum Work {
        /** On the server's event loop: neither blocks nor takes long. */
        LOOP,
        /** On a thread that may wait. */
        THREAD
    }

    /** Answers. */
    @FunctionalInterface
    public interface Handler {
        /** @throws BadRequest for a request that makes no sense */
        CompletionStage<? extends Answer> answer(Request request) throws BadRequest;
    }
}
