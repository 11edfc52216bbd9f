package io.countersign.check;

import io.countersign.verdict.Proof;
import io.countersign.verdict.Verdict;

/** What is known about the sender when a decision is due. */
public record SenderFinding(Verdict verdict, Proof proof) {
    static SenderFinding of(Verdict verdict) {
        return new SenderFinding(verdict, Proof.SUFFICIENT);
    }
}
