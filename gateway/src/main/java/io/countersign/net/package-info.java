/** Which transport Netty uses on this machine: the one place that knows of epoll and NIO. JDK and Netty only; any room may use it. */
@NullMarked
package io.countersign.net;

import org.jspecify.annotations.NullMarked;
