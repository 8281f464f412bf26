// Package words holds what people read in one place: docs/words.md lists every
// refusal, finding and happening with its code, as the sources say them, so that they
// can be read as one voice, and be translated by their codes.
package words
