package io.countersign.guard;

import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.blockhound.integration.BlockHoundIntegration;

/** An error that BlockHound throws on an event loop may be swallowed on its way: it is noted where it arises. */
public final class BlockingIsAMishap implements BlockHoundIntegration {
    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.blockingMethodCallback(method -> {
            BlockingOperationError error = new BlockingOperationError(method);
            Mishaps.note("blocked on " + Thread.currentThread().getName(), error);
            throw error;
        });
    }
}
