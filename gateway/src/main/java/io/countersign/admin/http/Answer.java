package io.countersign.admin.http;

/** What goes back: {@link Response} whole, or {@link EventStream} piece by piece. */
public sealed interface Answer permits Response, EventStream {}
