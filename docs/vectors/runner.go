// Plays test vectors up to the first answer that is wrong: go run runner.go FILE HOST:PORT. The format: docs/vectors.md.
package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

type answer struct {
	Code, Opaque int
	Remark       *string
	ExtFields    map[string]any
	Body         any
	Own          string
}

type op struct {
	Op, Name, Hex                         string
	Sequences, Connection, Opaque, Within int
	Reset                                 bool
	Answers                               []answer
}

type conn struct {
	net.Conn
	got map[int]answer
}

func main() {
	file, err := os.Open(os.Args[1])
	lines, head, name, played, conns := json.NewDecoder(file), op{}, "", 0, map[int]*conn{}
	for lines.Decode(&head); err == nil && lines.More(); {
		var o op
		err = lines.Decode(&o)
		c, frame, until := conns[o.Connection], []byte{}, time.Now().Add(time.Duration(max(o.Within, 5000))*time.Millisecond)
		frame, _ = hex.DecodeString(o.Hex)
		switch o.Op {
		case "sequence":
			name, played = o.Name, played+1
		case "open":
			c = &conn{got: map[int]answer{}}
			c.Conn, err = net.Dial("tcp", os.Args[2])
			conns[o.Connection] = c
		case "send":
			_, err = c.Write(frame)
		case "expect":
			err = c.expect(o, until)
		case "wait":
			for err = io.EOF; err != nil && time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
				c.Write(frame)
				err = c.expect(o, until)
			}
		case "close":
			if o.Reset {
				c.Conn.(*net.TCPConn).SetLinger(0)
			}
			if c.Close(); len(c.got) > 0 {
				err = fmt.Errorf("nobody expects %+v", c.got)
			}
		}
	}
	if err != nil || played == 0 || played != head.Sequences {
		log.Fatalf("failed in sequence %s, %d of %d: %v", name, played, head.Sequences, err)
	}
	fmt.Println(played, "sequences passed")
}

var bareKey = regexp.MustCompile(`([{,])(-?\d+):`)

// expect reads answers (int32 length, int32 length of the header, header, body) until the one that is due is there.
func (c *conn) expect(o op, until time.Time) error {
	for c.SetReadDeadline(until); ; {
		if got, there := c.got[o.Opaque]; there {
			delete(c.got, o.Opaque)
			if slices.ContainsFunc(o.Answers, func(a answer) bool { return text(a, a) == text(got, a) }) {
				return nil
			}
			return fmt.Errorf("answer to request %d: expected any of %+v, got %+v", o.Opaque, o.Answers, got)
		}
		var length [2]int32
		if err := binary.Read(c, binary.BigEndian, &length); err != nil {
			return err
		}
		frame, a := make([]byte, length[0]-4), answer{}
		if _, err := io.ReadFull(c, frame); err != nil {
			return err
		}
		if err := json.Unmarshal(frame[:length[1]], &a); err != nil {
			return err
		}
		if body := bareKey.ReplaceAll(frame[length[1]:], []byte(`$1"$2":`)); len(body) > 0 {
			a.Body = string(body) // unless it is JSON
			json.Unmarshal(body, &a.Body)
		}
		c.got[a.Opaque] = a
	}
}

// text is what of an answer counts, where so much is expected.
func text(a, expected answer) string {
	body, remark := facts("", a.Body), ""
	if expected.Own != "" {
		body = slices.DeleteFunc(body, func(fact string) bool {
			return !strings.Contains(fact, expected.Own) || strings.HasPrefix(fact, "/brokerAddr=")
		})
	}
	if a.Remark != nil && expected.Remark != nil {
		remark = *a.Remark
	}
	return fmt.Sprint(a.Code, remark, facts("", a.ExtFields), a.Body == nil, body)
}

// facts is what a JSON value says, whatever the order in which it does.
func facts(path string, value any) (found []string) {
	switch v := value.(type) {
	case map[string]any:
		found = []string{path + "{}"}
		for key, member := range v {
			found = append(found, facts(path+"/"+key, member)...)
		}
	case []any:
		found = []string{path + "[]"}
		for _, item := range v {
			found = append(found, path+fmt.Sprint(facts("", item)))
		}
	default:
		if v != nil && v != "" {
			found = []string{fmt.Sprintf("%s=%v", path, v)}
		}
	}
	slices.Sort(found)
	return found
}
