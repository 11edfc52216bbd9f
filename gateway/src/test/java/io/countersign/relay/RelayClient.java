package io.countersign.relay;

import io.countersign.relay.MtaTransaction.ChunkKind;
import io.countersign.relay.MtaTransaction.OpenAnswer;
import io.countersign.relay.MtaTransaction.RecipientAnswer;
import io.countersign.relay.MtaTransaction.Transfer;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.ReversePath;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** One session's side of a transaction, from a test's thread: each call is made on the loop, each callback becomes a future. */
public final class RelayClient {
    static final String MESSAGE = "Subject: hello\r\n\r\nThe first line.\r\n..dotted\r\n";

    final MtaTransaction transaction;
    final EventLoop loop;
    final CompletableFuture<MtaAnswer> interrupted = new CompletableFuture<>();

    RelayClient(MtaTransaction transaction, EventLoop loop) {
        this.transaction = transaction;
        this.loop = loop;
        on(t -> t.onInterrupted(interrupted::complete));
    }

    void on(Consumer<MtaTransaction> act) {
        loop.submit(() -> act.accept(transaction)).syncUninterruptibly();
    }

    public void mail(String from) {
        mail(from, MailParameters.NONE);
    }

    public void mail(String from, MailParameters parameters) {
        ReversePath path = from.isEmpty()
                ? ReversePath.NULL
                : new ReversePath(MailAddress.parse(from).orElseThrow());
        on(t -> t.mail(path, parameters));
    }

    static ForwardPath path(String to) {
        return new ForwardPath(MailAddress.parse(to).orElseThrow());
    }

    CompletableFuture<RecipientAnswer> rcptLater(String to) {
        CompletableFuture<RecipientAnswer> answer = new CompletableFuture<>();
        on(t -> t.recipient(path(to), RcptParameters.NONE, answer::complete));
        return answer;
    }

    RecipientAnswer rcpt(String to) {
        return get(rcptLater(to));
    }

    /** The reply's code, or the kind of answer where there is none. */
    public String rcptCode(String to) {
        return word(rcpt(to).answer());
    }

    void owe(String to) {
        on(t -> t.owe(path(to), RcptParameters.NONE));
    }

    void withdraw(String to) {
        on(t -> t.withdraw(path(to)));
    }

    public CompletableFuture<OpenAnswer> openLater(Transfer transfer) {
        CompletableFuture<OpenAnswer> answer = new CompletableFuture<>();
        on(t -> t.open(transfer, answer::complete));
        return answer;
    }

    OpenAnswer open() {
        return get(openLater(Transfer.DATA));
    }

    void content(String octets) {
        on(t -> t.content(buffer(octets)));
    }

    ByteBuf buffer(String octets) {
        return ByteBufUtil.encodeString(
                io.netty.buffer.ByteBufAllocator.DEFAULT,
                java.nio.CharBuffer.wrap(octets),
                StandardCharsets.ISO_8859_1);
    }

    CompletableFuture<MtaAnswer> endLater() {
        CompletableFuture<MtaAnswer> answer = new CompletableFuture<>();
        on(t -> t.end(answer::complete));
        return answer;
    }

    MtaAnswer end() {
        return get(endLater());
    }

    public CompletableFuture<MtaAnswer> chunk(String octets, ChunkKind kind) {
        CompletableFuture<MtaAnswer> answer = new CompletableFuture<>();
        on(t -> {
            t.chunk(octets.length(), kind, answer::complete);
            t.content(buffer(octets));
        });
        return answer;
    }

    /** A whole message; the code of its answer, or the kind where there is none. */
    public String send(String from, String to) {
        mail(from);
        String atRcpt = rcptCode(to);
        if (!atRcpt.equals("250")) {
            return atRcpt;
        }
        String atData = word(open().answer());
        if (!atData.equals("354")) {
            return atData;
        }
        content(MESSAGE);
        return word(end());
    }

    /** The same without waiting; whatever ends it is the answer. */
    CompletableFuture<MtaAnswer> sendLater(String from, String to) {
        CompletableFuture<MtaAnswer> answer = new CompletableFuture<>();
        ReversePath path = new ReversePath(MailAddress.parse(from).orElseThrow());
        on(t -> {
            t.mail(path, MailParameters.NONE);
            t.recipient(path(to), RcptParameters.NONE, accepted -> {
                if (!word(accepted.answer()).equals("250")) {
                    answer.complete(accepted.answer());
                    return;
                }
                t.open(Transfer.DATA, opened -> {
                    if (!word(opened.answer()).equals("354")) {
                        answer.complete(opened.answer());
                        return;
                    }
                    t.content(buffer(MESSAGE));
                    t.end(answer::complete);
                });
            });
        });
        return answer;
    }

    public void reset() {
        on(MtaTransaction::reset);
    }

    public void close() {
        on(MtaTransaction::close);
    }

    public static String word(MtaAnswer answer) {
        return answer instanceof MtaAnswer.Replied replied
                ? Integer.toString(replied.reply().code())
                : answer.kind().name();
    }

    public static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(Relaying.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("no answer", e);
        }
    }
}
