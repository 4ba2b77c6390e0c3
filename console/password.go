package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"
)

// passwords gives one password after the other, never from the command line,
// which every user of the machine can read.
type passwords struct {
	t     Terminal
	lines *bufio.Reader // nil: ask on the terminal
	done  func() error
}

// openPasswords reads them from a file or from standard input, a line each,
// or asks on the terminal, twice and without showing what is typed.
func openPasswords(t Terminal, file string, stdin bool) (*passwords, error) {
	done := func() error { return nil }
	switch {
	case file != "" && stdin:
		return nil, wrongUse("give --password-file or --password-stdin, not both")
	case file != "":
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("the file of passwords cannot be read: %w", err)
		}
		return &passwords{t: t, lines: bufio.NewReader(f), done: f.Close}, nil
	case stdin:
		return &passwords{t: t, lines: bufio.NewReader(t.In), done: done}, nil
	case !term.IsTerminal(int(t.In.Fd())):
		return nil, wrongUse("there is no terminal to ask for the password on; give --password-stdin or --password-file FILE")
	}
	return &passwords{t: t, done: done}, nil
}

func (p *passwords) close() error { return p.done() }

// next returns the password for what.
func (p *passwords) next(what string) (string, error) {
	if p.lines == nil {
		return p.ask(what)
	}
	line, err := p.lines.ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if line == "" && errors.Is(err, io.EOF) {
		return "", fmt.Errorf("there is no line left for the %s; give one line for each password", what)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the %s: %w", what, err)
	}
	if line == "" {
		return "", fmt.Errorf("the line for the %s is empty", what)
	}
	return line, nil
}

func (p *passwords) ask(what string) (string, error) {
	for {
		first, err := p.hidden(what)
		if err != nil {
			return "", err
		}
		if first == "" {
			_, _ = fmt.Fprintln(p.t.Err, "It must not be empty.")
			continue
		}
		second, err := p.hidden(what + " again")
		if err != nil {
			return "", err
		}
		if first == second {
			return first, nil
		}
		_, _ = fmt.Fprintln(p.t.Err, "The two differ. Once more:")
	}
}

// hidden reads one line without showing it. Ctrl-C meanwhile ends the program,
// with the terminal as it was.
func (p *passwords) hidden(what string) (string, error) {
	fd := int(p.t.In.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read the %s: %w", what, err)
	}
	interrupt, read := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(interrupt, os.Interrupt)
	defer signal.Stop(interrupt)
	defer close(read)
	go func() {
		select {
		case <-interrupt:
			_ = term.Restore(fd, before)
			os.Exit(exitFault)
		case <-read:
		}
	}()
	_, _ = fmt.Fprintf(p.t.Err, "%s: ", what)
	typed, err := term.ReadPassword(fd)
	_, _ = fmt.Fprintln(p.t.Err)
	if err != nil {
		return "", fmt.Errorf("read the %s: %w", what, err)
	}
	return string(typed), nil
}
