package io.countersign.command;

import java.io.IOException;

/** The running gateway cannot be asked, or does not do what it is asked; in words for the operator. */
final class AdminProblem extends IOException {
    private static final long serialVersionUID = 1;

    AdminProblem(String message) {
        super(message);
    }

    AdminProblem(String message, Throwable cause) {
        super(message, cause);
    }
}
