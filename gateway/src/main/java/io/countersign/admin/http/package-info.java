/**
 * A small HTTP/1.1 server on Netty, and who may ask it what: limits, the Host and Origin that are accepted, the token. It knows
 * nothing of mail.
 */
@NullMarked
package io.countersign.admin.http;

import org.jspecify.annotations.NullMarked;
