package bundle

import (
	"bufio"
	"bytes"
	"fmt"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// line writes a record as one line of canonical JSON.
func line(w *bufio.Writer, record any) error {
	b, err := evidence.Encode(record)
	if err != nil {
		return err
	}
	return raw(w, b)
}

// raw writes an object's canonical bytes as one line. Canonical JSON holds no line break.
func raw(w *bufio.Writer, object []byte) error {
	if len(object) >= format.MaxLine || bytes.IndexByte(object, '\n') >= 0 {
		return fmt.Errorf("an object of %d bytes does not fit on a line", len(object))
	}
	if _, err := w.Write(object); err != nil {
		return err
	}
	return w.WriteByte('\n')
}
