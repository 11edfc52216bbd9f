package io.countersign.command.demo;

/** What is done in a scene. Runs on the thread of the command, which may block. */
@FunctionalInterface
interface Play {
    void perform(Performance performance);
}
