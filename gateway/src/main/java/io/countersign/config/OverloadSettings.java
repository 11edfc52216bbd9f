package io.countersign.config;

import java.time.Duration;

/**
 * {@code overload}: what is given up, in which order, before something runs out.
 *
 * @param caches percent of heap or direct memory beyond which caches shrink
 * @param callouts percent beyond which no callout is begun
 * @param sessions percent beyond which no session is begun
 * @param lag how late an event loop may be before accepting is slowed down
 * @param descriptors file descriptors kept back from clients and callouts
 */
public record OverloadSettings(int caches, int callouts, int sessions, Duration lag, int descriptors) {}
