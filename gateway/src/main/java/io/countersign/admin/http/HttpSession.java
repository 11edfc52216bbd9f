package io.countersign.admin.http;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: its requests one after the other. One event loop; handlers may answer from any thread. */
final class HttpSession extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(HttpSession.class);

    /** Requests that were sent ahead. */
    private static final int MOST_AHEAD = 8;

    private static final int MOST_PARAMETERS = 16;

    /** Nothing is loaded from elsewhere, nothing runs that is not a file of ours, nobody frames it. */
    private static final String CONTENT_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final HttpServices services;
    private final RequestClock clock;
    private final Queue<FullHttpRequest> ahead = new ArrayDeque<>();
    private boolean answering;
    private boolean closing;

    HttpSession(HttpServices services) {
        super(false);
        this.services = services;
        this.clock = new RequestClock(services.times(), this::late);
    }

    RequestClock clock() {
        return clock;
    }

    private @Nullable ChannelHandlerContext context;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        closing = true;
        ahead.forEach(FullHttpRequest::release);
        ahead.clear();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (closing) {
            request.release();
        } else if (ahead.size() >= MOST_AHEAD) {
            request.release();
            services.meters().cut(HttpMeters.Cut.TOO_MANY_REQUESTS);
            ctx.close();
        } else {
            ahead.add(request);
            next(ctx);
        }
    }

    /** The request did not come to its end in time. */
    private void late() {
        ChannelHandlerContext ctx = context;
        if (ctx == null || closing) {
            return;
        }
        services.meters().cut(HttpMeters.Cut.TOO_SLOW);
        last(ctx, Response.problem(408, "the request took too long"));
    }

    /** The request is larger than anything that is asked here. */
    void tooLarge(ChannelHandlerContext ctx) {
        if (!closing) {
            last(ctx, Response.problem(413, "the request is too large"));
        }
    }

    private void next(ChannelHandlerContext ctx) {
        FullHttpRequest request = answering || closing ? null : ahead.poll();
        if (request == null) {
            return;
        }
        answering = true;
        clock.answering();
        try {
            handle(ctx, request);
        } finally {
            request.release();
        }
    }

    private void handle(ChannelHandlerContext ctx, FullHttpRequest http) {
        Throwable malformed = http.decoderResult().cause();
        if (malformed != null) {
            last(ctx, malformed(malformed));
            return;
        }
        boolean keep = HttpUtil.isKeepAlive(http);
        String method = http.method().name();
        QueryStringDecoder uri;
        Map<String, String> query;
        try {
            uri = new QueryStringDecoder(http.uri(), java.nio.charset.StandardCharsets.UTF_8, true, MOST_PARAMETERS);
            query = once(uri.parameters());
        } catch (IllegalArgumentException | BadRequest unreadable) {
            last(ctx, Response.problem(400, "the address cannot be read: each parameter once, percent signs in pairs"));
            return;
        }
        Route route = services.routes().find(method, uri.rawPath());
        if (route == null) {
            write(ctx, keep, method, missing(uri.rawPath()));
            return;
        }
        Gatekeeper gatekeeper = services.gatekeeper().get();
        Gatekeeper.Refusal refusal = gatekeeper.judge(route, http, query);
        if (refusal != null) {
            services.meters().refused(refusal);
            write(ctx, keep, method, refusal.response());
            return;
        }
        boolean unopened = route.access() == Route.Access.PAGE && !gatekeeper.opensPage(http, query);
        Request request = new Request(method, route.path(), query, ByteBufUtil.getBytes(http.content()));
        run(
                ctx,
                route,
                request,
                (answer, failure) -> ctx.executor().execute(() -> {
                    Answer done = failure != null ? failed(failure) : answer;
                    if (done instanceof Response response) {
                        write(ctx, keep, method, unopened ? response.withStatus(401) : response);
                    } else if (done instanceof EventStream stream) {
                        stream(ctx, stream);
                    }
                }));
    }

    private interface Done {
        void with(@Nullable Answer answer, @Nullable Throwable failure);
    }

    private void run(ChannelHandlerContext ctx, Route route, Request request, Done done) {
        Runnable work = () -> {
            try {
                CompletionStage<? extends Answer> stage = route.handler().answer(request);
                stage.whenComplete(done::with);
            } catch (BadRequest | RuntimeException failure) {
                done.with(null, failure);
            }
        };
        if (route.work() == Route.Work.LOOP) {
            work.run();
            return;
        }
        try {
            services.threads().execute(work);
        } catch (RejectedExecutionException busy) {
            LOG.debug("too much is asked", busy);
            done.with(Response.problem(503, "too much is asked at once").with("Retry-After", "2"), null);
        }
    }

    private static Response failed(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof BadRequest bad) {
            return Response.problem(400, String.valueOf(bad.getMessage()));
        }
        LOG.error("the admin interface failed over a request", cause);
        return Response.problem(500, "a fault of ours; the log has more");
    }

    private static Response malformed(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return Response.problem(414, "the address is too long");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return Response.problem(431, "the header is too large");
        }
        return Response.problem(400, "this is not HTTP/1.1");
    }

    private Response missing(String path) {
        var methods = services.routes().methods(path);
        return methods.isEmpty()
                ? Response.problem(404, "there is nothing here")
                : Response.problem(405, "another method is meant").with("Allow", String.join(", ", methods));
    }

    private static Map<String, String> once(Map<String, List<String>> parameters) throws BadRequest {
        Map<String, String> once = new LinkedHashMap<>();
        for (Map.Entry<String, List<String>> parameter : parameters.entrySet()) {
            if (parameter.getValue().size() != 1) {
                throw new BadRequest("a parameter is there twice");
            }
            once.put(parameter.getKey(), parameter.getValue().get(0));
        }
        return once;
    }

    private void write(ChannelHandlerContext ctx, boolean keep, String method, Response response) {
        if (closing) {
            return;
        }
        ctx.writeAndFlush(http(response, keep, method)).addListener(written -> {
            answering = false;
            if (!written.isSuccess() || !keep) {
                ctx.close();
            } else {
                clock.answered();
                next(ctx);
            }
        });
    }

    /** What comes after it on this connection is not understood any more: read for a moment, so that the answer arrives. */
    private void last(ChannelHandlerContext ctx, Response response) {
        closing = true;
        ahead.forEach(FullHttpRequest::release);
        ahead.clear();
        clock.closing();
        ctx.writeAndFlush(http(response, false, HttpMethod.GET.name()));
    }

    private FullHttpResponse http(Response response, boolean keep, String method) {
        services.meters().answered(response.status());
        FullHttpResponse http = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(response.status()),
                // The encoder of a HEAD's answer leaves the content out by itself, and needs its length.
                Unpooled.wrappedBuffer(response.body()));
        HttpHeaders headers = http.headers();
        headers.set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
        headers.setInt(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
        guard(headers);
        response.headers().forEach(headers::set);
        if (!keep) {
            headers.set(HttpHeaderNames.CONNECTION, "close");
        }
        return http;
    }

    /** What every answer tells a browser. */
    static void guard(HttpHeaders headers) {
        headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        headers.set("Content-Security-Policy", CONTENT_POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("X-Frame-Options", "DENY");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
    }

    private void stream(ChannelHandlerContext ctx, EventStream stream) {
        if (closing) {
            return;
        }
        services.meters().answered(200);
        clock.streaming();
        StreamListener.open(ctx, services.meters(), stream);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("a connection to the admin interface broke", cause);
        ctx.close();
    }
}
