// @TITLE@
// Go 1.18 or newer: save as score.go, run go run score.go. Wants the key in PORTICO_KEY.

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"time"
)

const url = "@URL@"

var key = "@KEY@"

var parameters = map[string]any{"@PARAMETERS@"}

var row = map[string]any{
	"@ROW@",
}

var client = &http.Client{Timeout: 120 * time.Second}

// score scores rows (maps by column) and returns one map for each, in the same order.
func score(rows []map[string]any) ([]map[string]any, error) {
	body, err := json.Marshal(map[string]any{
		"Inputs":           map[string]any{"input1": rows},
		"GlobalParameters": parameters,
	})
	if err != nil {
		return nil, err
	}
	const tries = 6
	for attempt := 1; ; attempt++ {
		request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "Bearer "+key)
		request.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			return nil, err
		}
		if answer.StatusCode == http.StatusOK {
			var scored struct {
				Results struct {
					Output1 []map[string]any `json:"output1"`
				}
			}
			err := json.Unmarshal(text, &scored)
			return scored.Results.Output1, err
		}
		throttled := answer.StatusCode == http.StatusTooManyRequests ||
			answer.StatusCode == http.StatusServiceUnavailable
		if !throttled || attempt == tries {
			return nil, explained(answer.StatusCode, text)
		}
		// The limit was reached: wait as long as the answer says, and longer from try to try.
		wait := (0.5 + rand.Float64()/2) * math.Pow(2, float64(attempt-2))
		if said, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
			wait = math.Max(wait, float64(said))
		}
		time.Sleep(time.Duration(wait * float64(time.Second)))
	}
}

// explained is an error's code, message and details, one a line.
func explained(status int, body []byte) error {
	var answer struct {
		Error struct {
			Code, Message string
			Details       []struct{ Code, Target, Message string }
		}
	}
	if json.Unmarshal(body, &answer) != nil || answer.Error.Code == "" {
		return fmt.Errorf("%d: %s", status, body)
	}
	lines := fmt.Sprintf("%d %s: %s", status, answer.Error.Code, answer.Error.Message)
	for _, detail := range answer.Error.Details {
		where := ""
		if detail.Target != "" {
			where = " (" + detail.Target + ")"
		}
		lines += fmt.Sprintf("\n  %s%s: %s", detail.Code, where, detail.Message)
	}
	return fmt.Errorf("%s", lines)
}

func main() {
	scored, err := score([]map[string]any{row})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, row := range scored {
		fmt.Println(row)
	}
}
