package history

import (
	"context"
	"errors"
	"time"
)

// run writes the queue until the log is closed, and what is left then.
func (l *Log) run() {
	ctx := context.Background() // what was queued is written, whoever asks
	timer := time.NewTimer(0)
	defer timer.Stop()
	var complained time.Time
	failures := 0
	for {
		err := l.writeQueue(ctx)
		if err == nil {
			failures = 0
			timer.Stop() // nothing is queued
		} else {
			timer.Reset(retryAfter)
			failures++
			if time.Since(complained) >= complainEvery {
				complained = time.Now()
				l.log.Error("the alert log cannot be written: transitions are kept in memory and tried again",
					"error", err, "failures", failures, "dropped", l.dropped.Load())
			}
		}
		if !l.await(timer, err != nil) {
			l.closeErr = l.finish(ctx)
			return
		}
	}
}

// await returns when it is time to write: when the timer, which the first entry of the queue starts, says so or somebody is in
// a hurry. While the database cannot be written only the timer counts. It returns false when the log is closed.
func (l *Log) await(timer *time.Timer, failing bool) bool {
	first, wake := l.first, l.wake
	if failing {
		first, wake = nil, nil
	}
	for {
		select {
		case <-first:
			timer.Reset(flushEvery)
		case <-timer.C:
			return true
		case <-wake:
			return true
		case <-l.stop:
			return false
		}
	}
}

// finish takes no more entries and writes what is queued.
func (l *Log) finish(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	err := l.writeQueue(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.queue {
		if e.task != nil {
			e.task.done <- errors.Join(errClosed, err)
		}
	}
	l.dropped.Add(int64(len(l.queue)))
	l.queue = nil
	l.doneLocked(0)
	return err
}

// writeQueue writes batches until the queue is empty. After an error what could not be written is queued again.
func (l *Log) writeQueue(ctx context.Context) error {
	for {
		batch := l.takeBatch()
		if len(batch) == 0 {
			return nil
		}
		if t := batch[0].task; t != nil {
			t.done <- t.run(ctx, l.writer)
			l.wrote(1)
			continue
		}
		if f := batch[0].after; f != nil {
			f()
			l.wrote(1)
			continue
		}
		if err := l.writer.write(ctx, batch); err != nil {
			l.mu.Lock()
			l.queue = append(batch, l.queue...)
			l.mu.Unlock()
			l.callAfters()
			return err
		}
		l.wrote(len(batch))
	}
}

// callAfters makes the calls that wait for the file, which cannot be written.
func (l *Log) callAfters() {
	l.mu.Lock()
	var calls []func()
	kept := l.queue[:0]
	for _, e := range l.queue {
		if e.after != nil {
			calls = append(calls, e.after)
			continue
		}
		kept = append(kept, e)
	}
	clear(l.queue[len(kept):])
	l.queue = kept
	l.mu.Unlock()
	for _, f := range calls {
		f()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doneLocked(len(calls))
}

// takeBatch takes the entries of one transaction from the queue: a task or a call, or entries up to the next of them.
func (l *Log) takeBatch() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.queue) && n < maxBatch && l.queue[n].task == nil && l.queue[n].after == nil {
		n++
	}
	if n == 0 {
		n = min(1, len(l.queue))
	}
	batch := l.queue[:n:n]
	l.queue = l.queue[n:]
	return batch
}

func (l *Log) wrote(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stuck = false
	l.doneLocked(n)
}
