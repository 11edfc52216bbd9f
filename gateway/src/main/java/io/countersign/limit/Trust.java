package io.countersign.limit;

/** Whether the client has shown that it may use the sender's domain: half of each rate and burst is kept for those that have. */
public enum Trust {
    SPF_PASS,
    UNPROVEN
}
