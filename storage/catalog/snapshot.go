package catalog

import (
	"context"
	"fmt"
)

// Snapshot writes a copy of the catalog into a file that does not exist yet. It is as complete as the changes made before.
func (c *Catalog) Snapshot(ctx context.Context, path string) error {
	if c.persister == nil {
		return nil
	}
	if err := c.persister.flush(ctx); err != nil {
		return fmt.Errorf("write the catalog: %w", err)
	}
	if err := c.persister.copyTo(ctx, path); err != nil {
		return fmt.Errorf("copy the catalog: %w", err)
	}
	return nil
}

func (p *persister) copyTo(ctx context.Context, path string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db == nil {
		return errClosed
	}
	_, err := p.db.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}
