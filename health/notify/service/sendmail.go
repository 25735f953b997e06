package service

import (
	"bytes"
	"context"
	"os/exec"
)

// sendmail gives e-mails to a program that takes them as sendmail does.
type sendmail struct {
	*envelope
	program string
}

// newSendmail reads sendmail:///usr/sbin/sendmail?from=….
func newSendmail(s *Service, t *target, e Environment) error {
	v, err := newEnvelope(t, e)
	if err != nil {
		return err
	}
	program := t.url.Path
	if program == "" {
		program = "/usr/sbin/sendmail"
	}
	s.sender, s.addresses = &sendmail{envelope: v, program: program}, v.to
	return nil
}

func (c *sendmail) send(ctx context.Context, m *Message, address string) error {
	return each(c.to, address, "mail address", func(to string) error {
		to, err := mailbox(to)
		if err != nil {
			return permanent("%v", err)
		}
		cmd := exec.Command(c.program, "-i", "-f", c.from.Address, "--", to)
		cmd.Stdin = bytes.NewReader(bytes.ReplaceAll(c.write(m, to), []byte("\r\n"), []byte("\n")))
		return run(ctx, cmd)
	})
}
