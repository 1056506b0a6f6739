from orderguard.actions.meeting.adapter import MeetingKind

ACTION = MeetingKind()
