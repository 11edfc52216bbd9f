package io.countersign.admin.http;

import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is let in. A name that somebody else points at our address (DNS rebinding) is no name of ours; a page from elsewhere sends its
 * own Origin, and cannot send our token in a header without asking first, which nobody answers. Immutable.
 *
 * @param names host names that are ours, in lower case; addresses and {@code localhost} always are
 */
record Gatekeeper(Token token, Set<String> names) {
    private static final String BEARER = "bearer ";

    Gatekeeper {
        names = Set.copyOf(names);
    }

    /** Why it is turned away. */
    enum Refusal {
        HOST(403, "this interface is not called by that name: use its address, or list the name in admin.names"),
        ORIGIN(403, "a page from elsewhere may not ask this"),
        TOKEN(401, "a token is needed: Authorization: Bearer TOKEN"),
        CONTENT_TYPE(415, "the content type must be application/json");

        private final int status;
        private final String words;

        Refusal(int status, String words) {
            this.status = status;
            this.words = words;
        }

        Response response() {
            Response response = Response.problem(status, words);
            return this == TOKEN ? response.with("WWW-Authenticate", "Bearer realm=\"countersign\"") : response;
        }
    }

    /** Null when it may pass. Does not look at the token of {@link Route.Access#PAGE}. */
    @Nullable
    Refusal judge(Route route, FullHttpRequest request, Map<String, String> query) {
        HttpHeaders headers = request.headers();
        if (route.access() == Route.Access.ANYBODY) {
            return null;
        }
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() != 1 || !isOurs(hosts.get(0))) {
            return Refusal.HOST;
        }
        boolean open = route.access() != Route.Access.TOKEN;
        if (!open && isFromElsewhere(headers, hosts.get(0))) {
            return Refusal.ORIGIN;
        }
        if (!open && !carriesToken(headers)) {
            return Refusal.TOKEN;
        }
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
        boolean json = type.split(";", 2)[0].strip().equalsIgnoreCase("application/json");
        return route.method().equals("POST") && !json ? Refusal.CONTENT_TYPE : null;
    }

    /** Whether a page that is opened shows the right token. */
    boolean opensPage(FullHttpRequest request, Map<String, String> query) {
        String offered = query.get("token");
        return carriesToken(request.headers()) || offered != null && token.matches(offered);
    }

    private boolean carriesToken(HttpHeaders headers) {
        List<String> given = headers.getAll(HttpHeaderNames.AUTHORIZATION);
        return given.size() == 1
                && given.get(0).toLowerCase(Locale.ROOT).startsWith(BEARER)
                && token.matches(given.get(0).substring(BEARER.length()).strip());
    }

    /** RFC 6454 §7; Fetch Metadata where the browser sends it. */
    private static boolean isFromElsewhere(HttpHeaders headers, String host) {
        for (String origin : headers.getAll(HttpHeaderNames.ORIGIN)) {
            if (!origin.equalsIgnoreCase("http://" + host) && !origin.equalsIgnoreCase("https://" + host)) {
                return true;
            }
        }
        String site = headers.get("Sec-Fetch-Site", "none");
        return !site.equals("same-origin") && !site.equals("none");
    }

    private boolean isOurs(String host) {
        String name = withoutPort(host);
        if (name.startsWith("[") && name.endsWith("]")) {
            return NetUtil.isValidIpV6Address(name.substring(1, name.length() - 1));
        }
        return NetUtil.isValidIpV4Address(name) || name.equals("localhost") || names.contains(name);
    }

    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        boolean port =
                colon > host.lastIndexOf(']') && host.substring(colon + 1).matches("[0-9]{1,5}");
        return (port ? host.substring(0, colon) : host).toLowerCase(Locale.ROOT);
    }
}
