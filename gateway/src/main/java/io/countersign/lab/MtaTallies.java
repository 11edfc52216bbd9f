package io.countersign.lab;

/**
 * The numbers of a {@link LabMta}.
 *
 * @param connections accepted so far
 * @param open connections now
 * @param recipients RCPT commands so far
 * @param messages accepted so far
 * @param ended contents that came to their proper end (CRLF.CRLF or BDAT LAST), accepted or not
 * @param cut contents that began (354 or a BDAT) and did not come to their end, whoever closed or reset
 */
public record MtaTallies(Tally connections, Tally open, Tally recipients, Tally messages, Tally ended, Tally cut) {

    static MtaTallies zero() {
        return new MtaTallies(
                new Tally("connections to the MTA"),
                new Tally("open connections to the MTA"),
                new Tally("RCPT commands at the MTA"),
                new Tally("messages accepted by the MTA"),
                new Tally("contents with a proper end"),
                new Tally("contents cut off"));
    }
}
