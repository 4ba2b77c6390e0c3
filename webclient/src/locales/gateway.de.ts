/** The gateway's sentences about calls and phones by their codes; its own English ones are in gateway.en.json. */
export const sentences: Readonly<Record<string, string>> = {
  'cause.address_family':
    'Das Telefon sendet seinen Ton über eine Adressfamilie (IPv4 oder IPv6), in der das Gateway keine Adresse hat. Bitten Sie die Systemverwaltung, unter media.listen eine einzutragen.',
  'cause.answered_elsewhere': 'Der Anruf wurde auf einem anderen Gerät angenommen.',
  'cause.bad_description':
    'Das Telefon hat seinen Ton so beschrieben, dass es nicht zu lesen oder zu gebrauchen ist. Fragen Sie die Systemverwaltung: Im Protokoll des Gateways steht, was nicht stimmt.',
  'cause.busy.callee': 'Ihr Telefon war besetzt, deshalb konnte der Anruf nicht klingeln.',
  'cause.busy.caller': 'Es ist besetzt. Versuchen Sie es in ein paar Minuten noch einmal.',
  'cause.caller_gone.callee': 'Der Anrufer hat aufgelegt, bevor Sie angenommen haben.',
  'cause.caller_gone.caller': 'Sie haben aufgelegt, bevor jemand angenommen hat.',
  'cause.declined.callee': 'Sie haben diesen Anruf abgelehnt.',
  'cause.declined.caller': 'Der Anruf wurde abgelehnt.',
  'cause.dialog_lost': 'Das andere Telefon hat das Gespräch verloren. Rufen Sie noch einmal an.',
  'cause.dnd.callee': 'Sie hatten „Nicht stören“ eingestellt, darum hat der Anruf nicht geklingelt.',
  'cause.dnd.caller': 'Diese Person möchte gerade nicht gestört werden. Versuchen Sie es später noch einmal.',
  'cause.fault.callee': 'Das Gateway hat einen Fehler gemacht und dieses Gespräch beendet.',
  'cause.fault.caller': 'Das Gateway hat einen Fehler gemacht und dieses Gespräch beendet. Rufen Sie noch einmal an.',
  'cause.forbidden.callee': 'Dieser Anrufer darf hier nicht anrufen.',
  'cause.forbidden.caller': 'Sie dürfen diese Nummer nicht anrufen. Fragen Sie die Systemverwaltung.',
  'cause.hang_up': 'Das Gespräch ist beendet.',
  'cause.loop.callee': 'Der Anruf kam zu sich selbst zurück.',
  'cause.loop.caller':
    'Der Anruf kam zu sich selbst zurück. Bitten Sie die Systemverwaltung, die Rufumleitung zu prüfen.',
  'cause.media_host_name':
    'Das Telefon nennt für seinen Ton einen Hostnamen, wo eine IP-Adresse stehen muss. Stellen Sie als seine Medien- oder externe Adresse eine IP-Adresse ein.',
  'cause.media_lost': 'Der Ton ging verloren und kam nicht wieder. Rufen Sie noch einmal an.',
  'cause.media_transport':
    'Das Telefon bietet seinen Ton über einen Transport an, den das Gateway nicht beherrscht. Stellen Sie sein Konto auf einfaches RTP (RTP/AVP).',
  'cause.multicast':
    'Das Telefon will den Ton an eine Gruppe von Rechnern gesendet haben (Multicast oder Broadcast), was das Gateway nicht tut. Stellen Sie eine eigene Adresse ein.',
  'cause.muted_limit.callee':
    'Ihr Telefon hat automatisch angenommen, und niemand hat sein Mikrofon eingeschaltet. Deshalb wurde das Gespräch beendet.',
  'cause.muted_limit.caller':
    'Das Telefon hat automatisch angenommen, aber es war niemand da, der sprechen konnte. Versuchen Sie es später noch einmal.',
  'cause.no_answer.callee': 'Sie haben diesen Anruf verpasst.',
  'cause.no_answer.caller': 'Niemand hat angenommen. Versuchen Sie es später noch einmal.',
  'cause.no_audio':
    'Das andere Telefon bietet keinen Ton an, den ein Gespräch hier braucht. Beginnen Sie den Anruf mit Ton.',
  'cause.no_codec':
    'Die beiden Telefone haben kein gemeinsames Tonformat. Bitten Sie die Systemverwaltung, auf beiden PCMU oder PCMA einzuschalten.',
  'cause.offline.callee': 'Keines Ihrer Telefone war verbunden.',
  'cause.offline.caller': 'Diese Person hat gerade kein Telefon verbunden. Versuchen Sie es später noch einmal.',
  'cause.outside_limit.callee': 'Der Anrufer hatte zu viele Gespräche nach außen.',
  'cause.outside_limit.caller':
    'Sie haben so viele Gespräche nach außen, gleichzeitig oder in der letzten Stunde, wie die Systemverwaltung erlaubt. Beenden Sie eines oder versuchen Sie es später noch einmal.',
  'cause.overload.callee': 'Es liefen zu viele Gespräche.',
  'cause.overload.caller': 'Es laufen zu viele Gespräche. Versuchen Sie es in ein paar Sekunden noch einmal.',
  'cause.redirected.callee':
    'Ihr Telefon leitet Anrufe um, und dem wird nicht gefolgt. Schalten Sie seine Umleitung aus.',
  'cause.redirected.caller':
    'Die Gegenseite leitet ihre Anrufe dorthin um, wohin dieses Gateway nicht folgt. Versuchen Sie es später noch einmal.',
  'cause.refused.callee':
    'Ihr Telefon hat einen Fehler gemeldet, deshalb konnte der Anruf nicht klingeln. Starten Sie es neu, wenn das so weitergeht.',
  'cause.refused.caller':
    'Telefon oder Leitung der Gegenseite hat einen Fehler gemeldet und konnte den Anruf nicht annehmen. Versuchen Sie es später noch einmal.',
  'cause.restarted':
    'Das Gateway wurde unerwartet angehalten, und damit endete dieses Gespräch. Rufen Sie noch einmal an.',
  'cause.secure_only':
    'Das Telefon besteht auf verschlüsseltem Ton (SRTP), den das Gateway mit Telefonen nicht beherrscht. Stellen Sie die Medienverschlüsselung seines Kontos auf aus oder optional.',
  'cause.shutting_down.callee': 'Das Gateway wird neu gestartet.',
  'cause.shutting_down.caller': 'Das Gateway wird neu gestartet. Versuchen Sie es in einer halben Minute noch einmal.',
  'cause.store_away.callee': 'Das Gateway konnte seinen Speicher nicht erreichen.',
  'cause.store_away.caller':
    'Das Gateway erreicht seinen Speicher nicht. Versuchen Sie es in einer Minute noch einmal.',
  'cause.too_many_calls.callee': 'Der Anrufer hatte zu viele Gespräche gleichzeitig.',
  'cause.too_many_calls.caller': 'Sie haben zu viele Gespräche gleichzeitig. Beenden Sie zuerst eines.',
  'cause.transferred': 'Das Gespräch wurde vermittelt.',
  'cause.trunk_down.callee': 'Die Leitung nach außen ist ausgefallen.',
  'cause.trunk_down.caller':
    'Die Leitung nach außen antwortet nicht. Versuchen Sie es in einer halben Minute noch einmal.',
  'cause.unknown.callee': 'Die Nummer gibt es nicht.',
  'cause.unknown.caller': 'Niemand hat diesen Namen oder diese Nummer. Prüfen Sie das und wählen Sie noch einmal.',
  'cause.unreachable.callee': 'Ihr Telefon hat nicht reagiert. Prüfen Sie sein Netzwerkkabel.',
  'cause.unreachable.caller':
    'Das Telefon war nicht erreichbar. Prüfen Sie sein Netzwerkkabel und versuchen Sie es noch einmal.',
  'cause.unsupported': 'Die Gegenseite hat etwas verlangt, was das Gateway nicht kann.',
  'command.answered': 'Ein anderes Ihrer Geräte hat diesen Anruf angenommen.',
  'command.asked_already': 'Ihr Tischtelefon wird schon darum gebeten.',
  'command.bad_candidate': 'Der Netzwerkkandidat des Browsers ließ sich nicht lesen.',
  'command.bad_codecs': 'das Feld codecs ist keine Liste von Codec-Namen',
  'command.bad_digits': 'Wähltöne sind 0 bis 9, * und #, höchstens 64 auf einmal.',
  'command.bad_field': 'das Feld {field} ist zu lang oder hat Zeichen, die dort nicht hingehören',
  'command.bad_offer': 'Das Medienangebot des Browsers ließ sich nicht lesen. Laden Sie die Seite neu.',
  'command.bad_request':
    'Die Seite hat einen Befehl geschickt, den das Gateway nicht lesen kann: {fault}. Laden Sie die Seite neu.',
  'command.call_over': 'Dieses Gespräch ist zu Ende.',
  'command.ended': 'Dieses Gespräch ist schon zu Ende.',
  'command.enter_number': 'Geben Sie einen Namen oder eine Nummer ein, um anzurufen.',
  'command.enter_transfer': 'Geben Sie einen Namen oder eine Nummer ein, an die vermittelt werden soll.',
  'command.fault': 'Das Gateway hat einen Fehler gemacht und das nicht ausgeführt. Versuchen Sie es noch einmal.',
  'command.grant_kept':
    'Das Gespräch wurde beendet, aber die Freigabe dafür ließ sich nicht entziehen. Nehmen Sie sie unter Leistungsmerkmale zurück.',
  'command.intercom_outside': 'Direktansprechen erreicht nur Personen an diesem Gateway. Rufen Sie ohne an.',
  'command.intercom_own':
    'Direktansprechen ist für andere. Ihr eigenes Telefon nimmt an, wenn Sie die Schaltfläche zum Annehmen auf ihm drücken.',
  'command.missing_field': '{do} braucht das Feld {field}',
  'command.moved': 'Das Gespräch wurde inzwischen anderswohin umgelegt.',
  'command.no_codec': 'Dieser Browser bietet keines der Tonformate PCMU, PCMA, G722 und Opus an.',
  'command.no_dtmf': 'Die Gegenseite versteht keine Wähltöne.',
  'command.no_grant_used':
    'Keine Freigabe hat Ihr Telefon diesen Anruf annehmen lassen, also ist keine zu entziehen. Nehmen Sie Auflegen.',
  'command.no_microphone':
    'Ein Programm hat kein eigenes Mikrofon. Nennen Sie statt des Browsers eines der Tischtelefone des Benutzers.',
  'command.no_ring_here':
    'Dieses Fenster klingelt für den Anruf nicht. Laden Sie die Seite neu und versuchen Sie es noch einmal.',
  'command.no_room_for_sound':
    'Das Gateway hat keinen Platz für eine weitere Tonverbindung. Versuchen Sie es in einer Minute noch einmal.',
  'command.not_known': 'Die Seite hat um etwas gebeten, das dieses Gateway nicht kennt. Laden Sie die Seite neu.',
  'command.not_yet': 'Das gibt es noch nicht.',
  'command.not_your_call': 'Das ist nicht Ihr Gespräch.',
  'command.page_only': 'Darum kann nur die Seite in einem Fenster bitten.',
  'command.phone_busy':
    'Dieses Telefon ist in einem anderen Gespräch. Halten oder beenden Sie dieses zuerst oder nehmen Sie im Browser an.',
  'command.phone_offline':
    'Dieses Telefon ist nicht verbunden. Prüfen Sie, ob es eingeschaltet ist, oder nehmen Sie im Browser an.',
  'command.sound_fault': 'Das Gateway konnte den Ton nicht einrichten. Laden Sie die Seite neu.',
  'command.stale':
    'Jetzt ruft jemand anderes an als in dem Augenblick, in dem Sie gedrückt haben. Sehen Sie nach, wer es ist, und nehmen Sie dann noch einmal an.',
  'command.timeout': 'Das Gateway hat nicht rechtzeitig reagiert. Versuchen Sie es noch einmal.',
  'command.too_fast':
    'Es kamen zu viele Befehle auf einmal, deshalb wurde dieser ausgelassen. Versuchen Sie es gleich noch einmal.',
  'command.transfer_to_itself': 'Wählen Sie ein anderes Gespräch als dieses, an das vermittelt werden soll.',
  'command.transfer_to_what': 'Sagen Sie entweder, an wen vermittelt werden soll, oder an welches andere Gespräch.',
  'command.transferring': 'Dieses Gespräch wird schon vermittelt.',
  'command.unknown_do': 'dieses do kennt es nicht',
  'command.user_gone': 'Diesen Benutzer gibt es nicht mehr. Melden Sie sich neu an.',
  'command.wrong_kind': 'ein Feld hat einen Wert der falschen Art',
  'command.wrong_state': 'So, wie es um das Gespräch steht, ist das nicht möglich.',
  'decision.addresses': 'Der Anfragende gehört zu den zugelassenen Adressen.',
  'decision.comparing':
    'Der Speicher des Gateways ist wieder da und wird noch mit dem verglichen, was entzogen wurde. Deshalb wird einen Augenblick lang nichts automatisch angenommen; von Hand lässt sich das Telefon annehmen.',
  'decision.directory': 'Der Anfragende steht im persönlichen Telefonbuch.',
  'decision.fault':
    'Das Gateway hat bei der Entscheidung einen Fehler gemacht, deshalb wird nichts automatisch angenommen. Sagen Sie es der Systemverwaltung; von Hand lässt sich das Telefon annehmen.',
  'decision.friends': 'Der Anfragende steht auf der Freundesliste.',
  'decision.no_grant': 'Keine Gruppe, der der Anfragende angehört, ist freigegeben.',
  'decision.no_interworking':
    'Dieses Telefon darf nicht automatisch annehmen. Erlauben Sie es unter „Ihre Telefone“ oder heben Sie den Hörer ab.',
  'decision.not_recorded':
    'Die Entscheidung ließ sich nicht aufzeichnen, und ohne Aufzeichnung wird nichts automatisch angenommen. Bitten Sie die Systemverwaltung, den Datenträger des Gateways zu prüfen; von Hand lässt sich das Telefon annehmen.',
  'decision.not_set_up':
    'Automatisches Annehmen ist auf diesem Gateway nicht eingerichtet. Heben Sie den Hörer ab oder nehmen Sie im Browser an.',
  'decision.own': 'Der Besitzer hat in einem Browser darum gebeten, in dem er angemeldet ist.',
  'decision.owner_limit':
    'Die Telefone dieses Besitzers wurden innerhalb der letzten Stunde {times}-mal von anderen geöffnet; mehr ist nicht erlaubt.',
  'decision.owner_only': 'Das darf nur der Besitzer des Telefons, in einem Browser, in dem er angemeldet ist.',
  'decision.privileged': 'Bevorrechtigtes automatisches Annehmen (Priv-Answer-Mode) ist nie erlaubt.',
  'decision.public': 'Alle sind zugelassen.',
  'decision.quiet':
    'Der Besitzer wünscht keine automatische Annahme, also lässt nur sein eigener Klick das Telefon annehmen.',
  'decision.requester_limit':
    'Dieser Anfragende hat innerhalb der letzten Stunde {times}-mal Telefone geöffnet; mehr ist nicht erlaubt.',
  'decision.simulated':
    '{reason} Das gilt für Anrufer, die ihre Adresse nachweisen: durch ihre eigene Anmeldung hier oder über einen vertrauenswürdigen Trunk. Wer sie nur behauptet, wird nicht zugelassen.',
  'decision.store_away':
    'Das Gateway konnte nicht lesen, wer dieses Telefon öffnen darf: Sein Speicher hat nicht rechtzeitig geantwortet. Bis er es tut, wird nichts automatisch angenommen; von Hand lässt sich das Telefon annehmen.',
  'decision.too_many':
    'Für dieses Telefon kamen zu viele Anfragen im selben Augenblick, deshalb wurde diese nicht zugelassen.',
  'decision.unknown_kind': 'Anfragen der Art {kind} sind nicht bekannt.',
  'decision.unproven':
    'Die Adresse des Anfragenden ist nur behauptet, nicht nachgewiesen, und der Besitzer lässt nicht alle zu.',
  'decision.unproven_limit':
    'Anrufer, die sich nicht ausgewiesen haben, haben innerhalb der letzten Stunde {times}-mal Telefone geöffnet; mehr ist nicht erlaubt.',
  'decision.withheld':
    'Der Anfragende verbirgt, wer er ist, oder es ist nicht zu lesen, und der Besitzer lässt nicht alle zu.',
  'device.busy': '{device} ist im Gespräch. Halten oder beenden Sie dieses zuerst.',
  'device.interworking_fixed':
    'Dieses Telefon darf nicht automatisch annehmen. Fragen Sie die Systemverwaltung oder heben Sie den Hörer ab.',
  'device.interworking_off':
    'Dieses Telefon darf nicht automatisch annehmen. Erlauben Sie es unter „Ihre Telefone“ oder heben Sie den Hörer ab.',
  'device.not_set_up':
    'Von hier aus auf dem Tischtelefon anzunehmen ist auf diesem Gateway nicht eingerichtet. Heben Sie den Hörer ab.',
  'device.offline': '{device} ist nicht verbunden. Prüfen Sie, ob es eingeschaltet ist und Netz hat.',
  'device.testing': '{device} wird gerade getestet. Warten Sie das Ergebnis ab.',
  'history.transferred': 'Sie wurden an {whom} vermittelt. {reason}',
  'message.bad_key': 'Der Schlüssel einer Nachricht hat höchstens {most} Bytes.',
  'message.empty': 'Es gibt keinen Text zu senden.',
  'message.expired': 'Die Nachricht konnte {to} nicht rechtzeitig erreichen. Versuchen Sie es noch einmal.',
  'message.no_way': 'Unter {to} kann niemandem geschrieben werden.',
  'message.nobody': 'Unter {to} bekommt niemand Nachrichten.',
  'message.not_taken': '{to} nimmt keine Textnachrichten an.',
  'message.refused': '{to} hat die Nachricht nicht angenommen (SIP-Status {status}).',
  'message.to_yourself': 'Das ist Ihre eigene Adresse. Wählen Sie jemand anderen.',
  'message.too_fast': 'Sie schreiben zu schnell. Warten Sie einen Augenblick und senden Sie noch einmal.',
  'message.too_long': 'Der Text ist zu lang. Eine Nachricht hat höchstens {most} Bytes.',
  'message.waiting': 'Auf {to} warten schon viele Nachrichten. Schreiben Sie wieder, wenn sie angenommen werden.',
  'note.asking': 'Ihr Tischtelefon wird gebeten anzunehmen.',
  'note.busy':
    'Ihr Tischtelefon meldet, dass es besetzt ist, deshalb hat es nicht automatisch angenommen. Heben Sie den Hörer ab oder nehmen Sie im Browser an.',
  'note.dead':
    'Ihr Tischtelefon reagiert nicht, deshalb hat es nicht automatisch angenommen. Prüfen Sie sein Netzwerkkabel oder nehmen Sie im Browser an.',
  'note.declined': 'Ihr Tischtelefon hat den Anruf abgelehnt. Nehmen Sie im Browser oder auf einem anderen Telefon an.',
  'note.elsewhere':
    'Ihr Tischtelefon leitet Anrufe um, und dem wird nicht gefolgt, deshalb hat es nicht automatisch angenommen. Schalten Sie seine Umleitung aus oder nehmen Sie im Browser an.',
  'note.gone': 'Ihr Tischtelefon ist nicht mehr verbunden. Nehmen Sie im Browser oder auf einem anderen Telefon an.',
  'note.muted': 'Das Mikrofon Ihres Telefons ist stummgeschaltet.',
  'note.muted_press':
    'Das Mikrofon Ihres Telefons ist stummgeschaltet. Drücken Sie {key} am Telefon oder hier auf „Mikrofon einschalten“.',
  'note.not_alone':
    'Ihr Tischtelefon hat nicht automatisch angenommen. Heben Sie den Hörer ab oder nehmen Sie im Browser an.',
  'note.other': 'Dieser Anruf wurde auf einem anderen Ihrer Geräte angenommen, bevor Ihr Tischtelefon es tat.',
  'note.press_phone': 'Schalten Sie das Mikrofon am Telefon ein: Es lässt niemand anderen sein Mikrofon einschalten.',
  'note.sound':
    'Ihr Tischtelefon hat abgelehnt, wie es gebeten wurde, deshalb hat es nicht automatisch angenommen. Heben Sie den Hörer ab oder klicken Sie beim nächsten Anruf noch einmal: Dann wird es auf andere Art gebeten.',
  'note.still_muted':
    'Das Mikrofon Ihres Telefons ist noch stummgeschaltet. Drücken Sie „Mikrofon einschalten“, wenn Sie sprechen möchten.',
  'note.still_muted_press':
    'Das Mikrofon Ihres Telefons ist noch stummgeschaltet. Drücken Sie {key} am Telefon oder hier auf „Mikrofon einschalten“, wenn Sie sprechen möchten.',
  'note.transfer_back': 'Das Vermitteln hat nicht geklappt: {reason}',
  'note.transferring': 'Das Gespräch wird vermittelt. Es bleibt bei Ihnen, bis die andere Seite annimmt.',
  'note.unknown':
    'Ihr Tischtelefon versteht nicht, wie es gebeten wurde, deshalb hat es nicht automatisch angenommen. Heben Sie den Hörer ab, nehmen Sie im Browser an oder nutzen Sie „Mein Tischtelefon testen“.',
  'notice.draining':
    'Das Gateway wird neu gestartet. Laufende Gespräche dürfen noch eine Weile weitergehen; neue versuchen Sie in einer Minute noch einmal.',
  'phonetest.answered': 'Es hat automatisch angenommen.',
  'phonetest.fault': 'Das Gateway hat einen Fehler gemacht. Testen Sie noch einmal.',
  'phonetest.gone': 'Es ist nicht mehr verbunden.',
  'phonetest.in_use': 'Das Telefon wird benutzt. Beenden Sie zuerst das Gespräch und testen Sie dann noch einmal.',
  'phonetest.key_unseen':
    '{said} Von ihm kam kein {key}; schalten Sie sein Mikrofon also hier ein. Um diese Taste zu nutzen, testen Sie noch einmal und drücken Sie sie, wenn Sie dazu aufgefordert werden.',
  'phonetest.key_works': '{said} Seine Taste {key} schaltet das Mikrofon ein.',
  'phonetest.no_phone': 'Ein solches Telefon haben Sie nicht. Laden Sie die Seite neu.',
  'phonetest.no_reaction': '{device} hat nicht reagiert. Prüfen Sie das Netzwerkkabel und testen Sie noch einmal.',
  'phonetest.no_room': 'Das Gateway hat keinen Platz für einen weiteren Anruf. Testen Sie in einer Minute noch einmal.',
  'phonetest.none_worked':
    '{device} hat auf keine dieser Arten automatisch angenommen. Erlauben Sie in seinen Einstellungen die automatische Annahme, oft „Intercom“ genannt, und testen Sie noch einmal. Bis dahin heben Sie den Hörer ab oder nehmen im Browser an.',
  'phonetest.not_kept':
    '{device} nimmt mit {way} automatisch an, aber das ließ sich nicht speichern: Der Speicher ist nicht erreichbar. Testen Sie in einer Minute noch einmal.',
  'phonetest.not_set_up': 'Automatisches Annehmen ist auf diesem Gateway nicht eingerichtet.',
  'phonetest.note': '{said} Zu diesem Modell: {note}',
  'phonetest.offline':
    '{device} ist nicht verbunden. Prüfen Sie, ob es eingeschaltet ist und Netz hat, und testen Sie noch einmal.',
  'phonetest.rang': 'Es hat geklingelt und nicht automatisch angenommen.',
  'phonetest.refused': 'Es hat den Anruf abgelehnt (SIP-Status {status}).',
  'phonetest.restarting': 'Das Gateway wird neu gestartet. Testen Sie in einer halben Minute noch einmal.',
  'phonetest.running': 'Das Telefon wird schon getestet. Warten Sie das Ergebnis ab.',
  'phonetest.stopped': 'Der Test wurde abgebrochen.',
  'phonetest.unreachable': 'Es hat nicht reagiert.',
  'phonetest.works':
    '{device} nimmt mit {way} automatisch an. Das ist dafür gespeichert. Falls Sie den Hörer abgehoben haben, testen Sie noch einmal, ohne das Telefon zu berühren.',
  'presence.bad_set':
    '{set} lässt sich nicht einstellen; schreiben Sie available, busy, away, dnd, invisible oder nichts',
  'presence.bad_visible': '{visible} sagt nicht, wer Sie sehen darf; schreiben Sie domain, friends, nobody oder nichts',
  'presence.past': 'die Zeit, bis zu der es gelten soll, ist schon vorbei',
  'profile.adapter': 'Ein Telefon hinter einem Analogadapter kann nicht von selbst abheben.',
  'profile.audiocodes': 'voip/auto_answer/enabled muss 1 sein; das laufende Gespräch wird gehalten.',
  'profile.avaya': 'Braucht „Interworking“ in der Gerätekonfiguration des Telefons und eine Erlaubnis am Telefon.',
  'profile.baresip': 'Das Konto braucht ;sip_autoanswer=yes.',
  'profile.cisco_spa': '„Auto Answer Page“ muss für den Benutzer eingeschaltet sein.',
  'profile.fanvil': '„Intercom“ muss eingeschaltet sein.',
  'profile.gigaset': 'Anrufe über den Call-Manager müssen automatisch angenommen werden.',
  'profile.grandstream': '„Allow Auto Answer by Call-Info/Alert-Info“ muss eingeschaltet sein.',
  'profile.linphone': 'Linphone nimmt nur automatisch an, wo die Anwendung dafür gebaut wurde.',
  'profile.mitel': '`sip allow auto answer` muss 1 sein.',
  'profile.polycom':
    'voIpProt.SIP.alertInfo muss „Auto Answer“ einer Klingelklasse zuordnen, die annimmt; angenommen wird nur, wenn kein anderes Gespräch läuft.',
  'profile.snom':
    'answer_after_policy darf nicht „off“ sein; das Mikrofon des Telefons ist sofort offen, aber das Gateway lässt niemanden mithören.',
  'profile.unknown': 'Alle drei gültigen Arten zugleich.',
  'profile.yealink': 'Ankommendes Intercom muss erlaubt sein (Funktionen, Intercom).',
  'revoked.addresses': 'Dürfen Ihre Telefone nicht mehr öffnen: {addresses}.',
  'revoked.group': 'Die Gruppe {group} darf Ihre Telefone nicht mehr öffnen.',
  'revoked.nothing': 'Das war schon nicht mehr erlaubt.',
  'text.forbidden_there': 'Die andere Seite nimmt keine Nachrichten von Ihnen an.',
  'text.more': '(mehr im Browser)',
  'text.no_account': 'Die Nachricht geht hier auf niemandes Rechnung und wurde nicht gesendet.',
  'text.no_phone': 'Dieses Telefon zeigt keine Nachrichten.',
  'text.no_way': 'Zur anderen Seite führt gerade kein Weg.',
  'text.nobody_there': 'Auf der anderen Seite hat niemand diese Adresse.',
  'text.not_shown': 'Die andere Seite kann keine Textnachrichten zeigen.',
  'text.outside_limit':
    'Sie haben so viele Nachrichten nach außen gesendet, wie in einer Stunde erlaubt sind. Sie wird später gesendet.',
  'text.takes_none': 'Die andere Seite nimmt keine Nachrichten an.',
  'text.too_long_there': 'Die Nachricht ist der anderen Seite zu lang.',
};
