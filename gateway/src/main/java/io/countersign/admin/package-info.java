/** What an operator sees and steers over HTTP: health, metrics, the API, the page. Nothing of it is on the way of a message. */
@NullMarked
package io.countersign.admin;

import org.jspecify.annotations.NullMarked;
