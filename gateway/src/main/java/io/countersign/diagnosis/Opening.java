package io.countersign.diagnosis;

/** What came of dialling. */
sealed interface Opening {
    enum Kind {
        CONNECTED,
        FAILED,
        NO_WAY
    }

    Kind kind();

    record Connected(Talk talk) implements Opening {
        @Override
        public Kind kind() {
            return Kind.CONNECTED;
        }
    }

    /** The other side refused, or did not answer. */
    record Failed(String words) implements Opening {
        @Override
        public Kind kind() {
            return Kind.FAILED;
        }
    }

    /** This machine has no way there, or no means to dial: nothing is held against the peer. */
    record NoWay(String words) implements Opening {
        @Override
        public Kind kind() {
            return Kind.NO_WAY;
        }
    }
}
