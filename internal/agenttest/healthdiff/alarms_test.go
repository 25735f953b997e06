package healthdiff

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds an answer.
const maxAnswer = 64 << 20

// alarms is what tests look at of /api/v1/alarms?all.
type alarms struct {
	Status bool  `json:"status"`
	Now    int64 `json:"now"`
	Alarms map[string]struct {
		Name        string   `json:"name"`
		Chart       string   `json:"chart"`
		Status      string   `json:"status"`
		LastUpdated int64    `json:"last_updated"`
		Value       *float64 `json:"value"`
		ValueString string   `json:"value_string"`
		Units       string   `json:"units"`
		UpdateEvery int64    `json:"update_every"`
		Info        string   `json:"info"`
		Recipient   string   `json:"recipient"`
		After       int64    `json:"db_after"`
		Before      int64    `json:"db_before"`
	} `json:"alarms"`
}

// event is what tests look at of one entry of /api/v1/alarm_log.
type event struct {
	ID          int64    `json:"unique_id"`
	AlarmID     int64    `json:"alarm_id"`
	EventID     int64    `json:"alarm_event_id"`
	Name        string   `json:"name"`
	Chart       string   `json:"chart"`
	When        int64    `json:"when"`
	Old         string   `json:"old_status"`
	New         string   `json:"status"`
	Value       *float64 `json:"value"`
	OldValue    *float64 `json:"old_value"`
	ValueString string   `json:"value_string"`
	Delay       int64    `json:"delay"`
	DelayUpTo   int64    `json:"delay_up_to_timestamp"`
	Duration    int64    `json:"duration"`
	Raised      int64    `json:"non_clear_duration"`
	Processed   bool     `json:"processed"`
	Updated     bool     `json:"updated"`
	ExecRun     int64    `json:"exec_run"`
	NoClear     bool     `json:"no_clear_notification"`
}

func fetch(ctx context.Context, address string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("get %s: %w", address, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %s: %.200s", address, resp.Status, body)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("get %s: %w: %.200s", address, err, body)
	}
	return nil
}
