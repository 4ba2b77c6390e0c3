package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"go.etcd.io/bbolt"
)

// What bbolt writes, as its internal/common tells. Numbers are in the order of
// the machine.
const (
	boltHeadLen   = 16 // of a page: its number, flags, count of elements, overflow
	boltItemLen   = 16 // of an element
	boltBucketLen = 16 // of a bucket: its root page, sequence

	boltBranch   = 0x01
	boltLeaf     = 0x02
	boltFreelist = 0x10

	boltFreelistAt = boltHeadLen + 32 // in a meta page
	boltTxidAt     = boltHeadLen + 48

	// boltDepth is more than any tree has: a branch has two children or more.
	boltDepth = 64
)

// boltWalk reads every page in use before bbolt does. bbolt trusts its pages,
// and its own check runs in a goroutine where a fault ends the process.
type boltWalk struct {
	file     io.ReaderAt
	pageSize uint64
	seen     []bool // by page number, as far as the file is used
}

// boltPage is a page with those it goes on in.
type boltPage struct {
	id    uint64
	flags uint16
	count int
	bytes []byte
}

// walkBolt walks through what tx sees of the file, which has size bytes.
func walkBolt(file io.ReaderAt, size int64, tx *bbolt.Tx) error {
	if tx.Size() > size {
		return fmt.Errorf("the file is cut off: it has %d bytes of %d", size, tx.Size())
	}
	pageSize := int64(tx.DB().Info().PageSize)
	pages := tx.Size() / pageSize
	if pages < 2 {
		return errors.New("it has no pages")
	}
	w := &boltWalk{file: file, pageSize: uint64(pageSize), seen: make([]bool, pages)}
	w.seen[0], w.seen[1] = true, true // the meta pages
	meta := make([]byte, boltTxidAt+8)
	if _, err := file.ReadAt(meta, int64(tx.ID()%2)*pageSize); err != nil {
		return err
	}
	if binary.NativeEndian.Uint64(meta[boltTxidAt:]) != uint64(tx.ID()) {
		return errors.New("its meta pages are not in order")
	}
	if err := w.free(binary.NativeEndian.Uint64(meta[boltFreelistAt:])); err != nil {
		return err
	}
	return w.tree(uint64(tx.Cursor().Bucket().RootPage()), true, 0)
}

// claim notes that a page is used, which it may be once.
func (w *boltWalk) claim(id uint64) error {
	if id >= uint64(len(w.seen)) {
		return fmt.Errorf("page %d is beyond the end", id)
	}
	if w.seen[id] {
		return fmt.Errorf("page %d is used twice", id)
	}
	w.seen[id] = true
	return nil
}

func (w *boltWalk) read(id uint64) (boltPage, error) {
	if err := w.claim(id); err != nil {
		return boltPage{}, err
	}
	head := make([]byte, boltHeadLen)
	if _, err := w.file.ReadAt(head, int64(id*w.pageSize)); err != nil {
		return boltPage{}, err
	}
	if says := binary.NativeEndian.Uint64(head); says != id {
		return boltPage{}, fmt.Errorf("page %d says it is page %d", id, says)
	}
	overflow := uint64(binary.NativeEndian.Uint32(head[12:]))
	for i := range overflow { // ends at the first page beyond the end
		if err := w.claim(id + 1 + i); err != nil {
			return boltPage{}, err
		}
	}
	b := make([]byte, (1+overflow)*w.pageSize)
	_, err := w.file.ReadAt(b, int64(id*w.pageSize))
	return pageOf(id, b), err
}

func pageOf(id uint64, b []byte) boltPage {
	return boltPage{id: id, flags: binary.NativeEndian.Uint16(b[8:]), count: int(binary.NativeEndian.Uint16(b[10:])), bytes: b}
}

// free claims the pages that are free.
func (w *boltWalk) free(id uint64) error {
	p, err := w.read(id)
	if err != nil {
		return err
	}
	if p.flags != boltFreelist {
		return fmt.Errorf("page %d is no list of free pages", id)
	}
	list, count := p.bytes[boltHeadLen:], uint64(p.count)
	if count == math.MaxUint16 { // a longer list has its length in front
		count, list = binary.NativeEndian.Uint64(list), list[8:]
	}
	if count > uint64(len(list)/8) {
		return fmt.Errorf("page %d has no room for %d free pages", id, count)
	}
	for i := range count {
		if err := w.claim(binary.NativeEndian.Uint64(list[8*i:])); err != nil {
			return err
		}
	}
	return nil
}

// tree walks through a bucket, or through the root, which holds the buckets.
func (w *boltWalk) tree(id uint64, root bool, depth int) error {
	p, err := w.read(id)
	if err != nil {
		return err
	}
	if p.flags != boltBranch {
		return w.leaf(p, root)
	}
	if p.count == 0 || depth == boltDepth {
		return fmt.Errorf("page %d is no branch of a tree", id)
	}
	for i := range p.count {
		e, err := p.element(i)
		if err != nil {
			return err
		}
		if _, err := p.value(i, e, 0); err != nil {
			return err
		}
		if err := w.tree(binary.NativeEndian.Uint64(e[8:]), root, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *boltWalk) leaf(p boltPage, root bool) error {
	if p.flags != boltLeaf {
		return fmt.Errorf("page %d has the flags %#x", p.id, p.flags)
	}
	for i := range p.count {
		e, err := p.element(i)
		if err != nil {
			return err
		}
		value, err := p.value(i, e[4:], binary.NativeEndian.Uint32(e[12:]))
		if err != nil {
			return err
		}
		if bucket := binary.NativeEndian.Uint32(e) == 1; bucket != root {
			return fmt.Errorf("element %d of page %d is out of place", i, p.id)
		}
		if root {
			err = w.bucket(p.id, value)
		} else if len(value) < prefixLen {
			err = fmt.Errorf("the value of element %d of page %d is too short", i, p.id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket walks through a bucket. A small one has no page: its only leaf lies in
// the page of the root.
func (w *boltWalk) bucket(in uint64, b []byte) error {
	if len(b) < boltBucketLen {
		return fmt.Errorf("a bucket in page %d is too short", in)
	}
	if id := binary.NativeEndian.Uint64(b); id != 0 {
		return w.tree(id, false, 0)
	}
	if b = b[boltBucketLen:]; len(b) < boltHeadLen {
		return fmt.Errorf("a bucket in page %d is too short", in)
	}
	return w.leaf(pageOf(in, b), false)
}

// element is the i-th element and all that follows it.
func (p boltPage) element(i int) ([]byte, error) {
	at := boltHeadLen + i*boltItemLen
	if at+boltItemLen > len(p.bytes) {
		return nil, fmt.Errorf("page %d has no room for %d elements", p.id, p.count)
	}
	return p.bytes[at:], nil
}

// value is what lies behind the key of the i-th element, whose place and length
// posKsize tells.
func (p boltPage) value(i int, posKsize []byte, vsize uint32) ([]byte, error) {
	rest := uint64(len(p.bytes) - boltHeadLen - i*boltItemLen) // pos counts from the element
	pos, ksize := uint64(binary.NativeEndian.Uint32(posKsize)), uint64(binary.NativeEndian.Uint32(posKsize[4:]))
	end := pos + ksize + uint64(vsize)
	if ksize == 0 || end > rest {
		return nil, fmt.Errorf("element %d of page %d lies outside of it", i, p.id)
	}
	at := uint64(len(p.bytes)) - rest
	return p.bytes[at+pos+ksize : at+end], nil
}
