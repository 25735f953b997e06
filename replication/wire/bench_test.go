package wire

import "testing"

func BenchmarkAppendSet2(b *testing.B) {
	head := encV2.AppendHead(nil, CmdSet2, 6, "user")
	s := Set2{Slot: 6, ID: []byte("user"), Collected: 95660, Value: 33.333333}
	for name, f := range map[string]func([]byte) []byte{
		"base64":  func(buf []byte) []byte { return encV2.AppendSet2(buf, &s) },
		"head":    func(buf []byte) []byte { return encV2.AppendSet2Values(append(buf, head...), &s) },
		"decimal": func(buf []byte) []byte { return encV2Hex.AppendSet2(buf, &s) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 128)
			for b.Loop() {
				buf = f(buf[:0])
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkAppendReplaySet(b *testing.B) {
	b.ReportAllocs()
	head := encV2.AppendHead(nil, CmdReplaySet, 6, "user")
	s := ReplaySet{Value: 33.333333}
	buf := make([]byte, 0, 128)
	for b.Loop() {
		buf = encV2.AppendReplaySetValues(append(buf[:0], head...), &s)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkParse(b *testing.B) {
	for name, line := range map[string]string{
		"SET2":         "SET2 SLOT:#G 'user' #XWs @EAYHt/W1Yw5 A\n",
		"SET2 decimal": "SET2 'user' 0x316 33.333333 A\n",
		"SET":          "SET \"user\" = 95660\n",
		"RSET":         "RSET \"user\" 5.0761420 \"\"\n",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(line)))
			in := []byte(line)
			var w Words
			var s2 Set2
			var s Set
			var rs ReplaySet
			for b.Loop() {
				w.Split(in)
				var err error
				switch w.Command() {
				case CmdSet2:
					err = w.Set2(&s2)
				case CmdSet:
					err = w.Set(&s)
				default:
					err = w.ReplaySet(&rs)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
